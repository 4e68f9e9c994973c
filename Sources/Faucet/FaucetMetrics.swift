import CoreMetrics

/// The faucet's counts.
struct FaucetMetrics: Sendable {
    private let admitted = Counter(label: "tally_faucet_requests_total", dimensions: [("outcome", "admitted")])
    private let replayed = Counter(label: "tally_faucet_requests_total", dimensions: [("outcome", "replayed")])
    private let refused = Counter(label: "tally_faucet_requests_total", dimensions: [("outcome", "refused")])
    private let failed = Counter(label: "tally_faucet_requests_total", dimensions: [("outcome", "failed")])

    enum Outcome: Hashable, Sendable {
        case admitted
        case replayed
        case refused
        case failed
    }

    func requested(_ outcome: Outcome) {
        switch outcome {
        case .admitted: self.admitted.increment()
        case .replayed: self.replayed.increment()
        case .refused: self.refused.increment()
        case .failed: self.failed.increment()
        }
    }
}
