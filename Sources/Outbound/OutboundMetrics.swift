private import Metrics

/// The counts of the requests that we send.
///
/// No hosts and no URLs: callers choose those.
package struct OutboundMetrics: Sendable {
    private let answered = Counter(label: "tally_outbound_requests_total", dimensions: [("outcome", "answered")])
    private let notSent = Counter(label: "tally_outbound_requests_total", dimensions: [("outcome", "not_sent")])
    private let unknown = Counter(label: "tally_outbound_requests_total", dimensions: [("outcome", "outcome_unknown")])
    private let blocked = Counter(label: "tally_outbound_blocked_total")
    private let rejected = Counter(label: "tally_outbound_rejected_total")
    private let duration = Timer(label: "tally_outbound_duration_seconds")
    private let inFlight = Gauge(label: "tally_outbound_in_flight")
    private let waiting = Gauge(label: "tally_outbound_waiting")

    package init() {}

    package func ended(_ result: Result<OutboundResponse, OutboundError>, after duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self.duration.recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
        switch result {
        case .success: self.answered.increment()
        case .failure(.outcomeUnknown): self.unknown.increment()
        case .failure(.notSent(let cause)):
            self.notSent.increment()
            if cause == .overloaded { self.rejected.increment() }
        }
    }

    package func blocked(_ count: Int) {
        if count > 0 { self.blocked.increment(by: count) }
    }

    package func holding(inFlight: Int, waiting: Int) {
        self.inFlight.record(inFlight)
        self.waiting.record(waiting)
    }
}
