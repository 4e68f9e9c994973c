/// Whether and when a request is sent again: pure, with the time and the jitter handed in.
///
/// Only what is certain to have had no effect is, and only when it may help within the deadline.
package struct RetryMachine: Hashable, Sendable {
    private let deadline: Uptime
    private var pause: Duration
    private static let firstPause = Duration.milliseconds(5)
    private static let longestPause = Duration.milliseconds(200)

    package init(deadline: Uptime) {
        self.deadline = deadline
        self.pause = Self.firstPause
    }

    /// How long to wait before sending again, or `nil` to give `error` to the caller.
    ///
    /// `jitter` is 0 up to 1.
    package mutating func pause(after error: RedisError, at now: Uptime, jitter: Double) -> Duration? {
        guard error.isWorthRepeating else { return nil }
        let pause = self.pause * (0.5 + 0.5 * jitter)
        guard now + pause < self.deadline else { return nil }
        self.pause = min(self.pause * 2, Self.longestPause)
        return pause
    }
}

extension RedisError {
    /// Whether the same request, which had no effect, may do better in a moment.
    package var isWorthRepeating: Bool {
        switch self {
        case .outcomeUnknown: return false
        case .refused(let refusal): return refusal.hadNoEffect && refusal.isTransient
        case .notSent(let cause):
            switch cause {
            case .notConnected, .unreachable, .closed, .silent, .demoted, .malformedReply, .unsolicitedReply:
                return true
            case .greetingRefused, .untrusted: return !cause.isLasting
            // Overloaded has waited for its whole deadline already, or found the waiting line full: more tries
            // would only be more load.
            case .draining, .overloaded, .deadlineExceeded, .cancelled: return false
            }
        }
    }
}

extension RedisError.Cause {
    /// Whether a person must change something before this goes away.
    fileprivate var isLasting: Bool { self == .untrusted || self.isLastingRefusal }
}
