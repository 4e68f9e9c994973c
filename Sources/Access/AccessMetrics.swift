import CoreMetrics
import Web

/// The counts of refused requests, `tally_access_refused_total` by reason, and of known API keys.
struct AccessMetrics: Sendable {
    private let missing = Self.counter("missing")
    private let invalid = Self.counter("invalid")
    private let scope = Self.counter("scope")
    private let unavailable = Self.counter("unavailable")
    private let keys = Gauge(label: "tally_access_keys")

    private static func counter(_ reason: String) -> Counter {
        Counter(label: "tally_access_refused_total", dimensions: [("reason", reason)])
    }

    func refused(_ refusal: AccessRefusal) {
        switch refusal {
        case .keyMissing: self.missing.increment()
        case .keyInvalid: self.invalid.increment()
        case .scopeMissing: self.scope.increment()
        case .unavailable: self.unavailable.increment()
        }
    }

    func known(_ count: Int) { self.keys.record(count) }
}
