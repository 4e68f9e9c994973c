/// The record of one payment of a load.
package struct PlannedPayment: Hashable, Sendable {
    package enum State: UInt8, Hashable, Sendable {
        case unsent
        /// Sent, and never answered with 202.
        case unanswered
        case accepted
        case done
        case failed
        case cancelled
        /// Accepted, and not known under its id.
        case lost
        /// Told otherwise than it was ordered.
        case misread
    }

    /// The first one that it was answered with.
    package var id: PaymentULID?
    package var state = State.unsent
    /// When it was first sent, and first answered with 202, in nanoseconds of the monotonic clock.
    package var sentAt: Int64 = 0
    package var acceptedAt = Int64.max
    /// By the store's clock, in milliseconds since 1970; 0 when not told.
    package var created: Int64 = 0
    package var finished: Int64 = 0

    package init() {}

    /// Whether there is nothing more to ask.
    package var isOver: Bool {
        switch self.state {
        case .unsent, .unanswered, .accepted: false
        case .done, .failed, .cancelled, .lost, .misread: true
        }
    }

    /// Whether its money may be anywhere, because its end is not known.
    package var isVague: Bool {
        switch self.state {
        case .accepted, .lost, .misread: true
        case .unsent, .unanswered, .done, .failed, .cancelled: false
        }
    }
}
