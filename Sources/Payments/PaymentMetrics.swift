import CoreMetrics

/// The counters of payments.
struct PaymentMetrics: Sendable {
    /// `tally_payments_requests_total` by outcome of `POST /payments`.
    func requested(_ outcome: String) {
        Counter(label: "tally_payments_requests_total", dimensions: [("outcome", outcome)]).increment()
    }

    /// `tally_payments_steps_total` by step of the workers and what the step said.
    func stepped(_ step: String, _ outcome: String, _ count: Int = 1) {
        Counter(label: "tally_payments_steps_total", dimensions: [("step", step), ("outcome", outcome)])
            .increment(by: count)
        if outcome == "fenced" {
            Counter(label: "tally_fenced_writes_total", dimensions: [("role", "payments_\(step)")]).increment(by: count)
        }
    }
}
