import CoreMetrics
import Ethereum
import EthereumRPC

/// The counts and measures of lanes.
struct LaneMetrics: Sendable {
    private let sender: String

    init(sender: Address) {
        self.sender = sender.lowercased
    }

    static func fenced(_ step: String) {
        Counter(label: "tally_fenced_writes_total", dimensions: [("role", "faucet_\(step)")]).increment()
    }

    /// `tally_faucet_transactions_total` by what became of transactions.
    func count(_ outcome: String, _ count: Int = 1) {
        guard count > 0 else { return }
        Counter(label: "tally_faucet_transactions_total", dimensions: [("outcome", outcome)]).increment(by: count)
    }

    /// Counts a node's outcomes of transactions, one by one.
    func answered(_ outcomes: [SubmitOutcome]) {
        self.count("accepted", outcomes.count { $0.isWithNode })
        for outcome in outcomes where !outcome.isWithNode {
            if let reason = LaneMachine.reason(outcome) { self.count(reason.rawValue) }
        }
    }

    /// How the lane stands.
    func observed(
        balanceCoins: Double,
        openCount: Int,
        drift: Int64,
        stallSeconds: Double,
        replaying: Int,
        window: Int
    ) {
        self.gauge("tally_faucet_balance_coins", balanceCoins)
        self.gauge("tally_faucet_open", Double(openCount))
        self.gauge("tally_faucet_nonce_drift", Double(drift))
        self.gauge("tally_faucet_stall_seconds", stallSeconds)
        self.gauge("tally_faucet_replaying", Double(replaying))
        self.gauge("tally_faucet_window", Double(window))
    }

    /// Nothing is known of the lane any more: another process tells how it stands.
    func left() {
        for label in [
            "tally_faucet_balance_coins", "tally_faucet_open", "tally_faucet_nonce_drift", "tally_faucet_stall_seconds",
            "tally_faucet_replaying", "tally_faucet_window",
        ] { self.gauge(label, .nan) }
    }

    private func gauge(_ label: String, _ value: Double) {
        Gauge(label: label, dimensions: [("sender", self.sender)]).record(value)
    }
}
