package import Histogram

/// The outcomes of a load's payments, in numbers.
package struct PaymentsOutcome: Sendable {
    package private(set) var accepted = 0
    package private(set) var done = 0
    /// By reason.
    package let failed: [String: Int]
    package private(set) var lost = 0
    package private(set) var unfinished = 0
    /// Sent, never answered with 202, and in no list.
    package private(set) var unanswered = 0
    /// Never answered with 202, and found in their payers' lists.
    package let adopted: Int
    /// Nanoseconds from the accept to the end of what is done, by the store's clock, which has milliseconds.
    package private(set) var latency = ChangeTally.emptyHistogram
    /// From the first accept to the last end, by the store's clock.
    package let span: Duration

    package init(_ book: PaymentBook, adopted: Int) {
        self.failed = book.reasons
        self.adopted = adopted
        var (first, last) = (Int64.max, Int64.min)
        for record in book.records {
            if record.id != nil { self.accepted += 1 }
            if record.created > 0 { first = min(first, record.created) }
            if record.finished > 0 { last = max(last, record.finished) }
            switch record.state {
            case .unsent, .failed, .cancelled: break
            case .unanswered: self.unanswered += 1
            case .accepted, .misread: self.unfinished += 1
            case .lost: self.lost += 1
            case .done:
                self.done += 1
                self.latency.record(UInt64(max(record.finished - record.created, 0)) * 1_000_000)
            }
        }
        self.span = .milliseconds(last > first ? last - first : 0)
    }

    package var failedCount: Int { self.failed.values.reduce(0, +) }

    /// The rate of so many payments, per second of the span.
    package func rate(_ count: Int) -> Double {
        let seconds = Double(self.span.nanoseconds) / 1e9
        return seconds > 0 ? Double(count) / seconds : 0
    }
}
