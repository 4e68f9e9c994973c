/// The record of one issue of a load.
package struct CouponRecord: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        case unsent
        /// Sent, and perhaps carried out: never answered, or not so that it says what happened.
        case doubtful
        case refused(CouponRefusal)
        case issued(String)
    }

    package var state = State.unsent
    /// When it was first sent, and answered for good, in nanoseconds of the monotonic clock.
    package var sentAt: Int64 = 0
    package var endedAt = Int64.max

    package init(_ state: State = .unsent, sentAt: Int64 = 0, endedAt: Int64 = .max) {
        self.state = state
        self.sentAt = sentAt
        self.endedAt = endedAt
    }

    /// The code that was handed out.
    package var code: String? {
        guard case .issued(let code) = self.state else { return nil }
        return code
    }
}
