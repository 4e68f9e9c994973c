/// Where a watch goes on after its connection broke: a value, which reads nothing itself.
///
///     connecting ──answered──▶ open ──ended──▶ connecting (at the last cursor)
///         └──── ended ───▶ connecting (after a pause), or over
package struct WatchMachine: Sendable {
    package enum Action: Hashable, Sendable {
        /// Call again, after a pause.
        case reconnect(after: Duration)
        case fail(CouponClientError)
    }

    /// The first and the longest pause.
    private static let pauses: ClosedRange<Duration> = .milliseconds(100)...(.seconds(5))

    /// The cursor that the next call sends.
    package private(set) var cursor: String
    private var pause = Self.pauses.lowerBound
    /// Whether the service ever answered.
    private var isKnown = false

    package init(cursor: String) {
        self.cursor = cursor
    }

    package mutating func answered(cursor: String) {
        if !cursor.isEmpty { self.cursor = cursor }
        self.isKnown = true
        self.pause = Self.pauses.lowerBound
    }

    /// The stream is over; without an error when the service ended it itself, as one that goes away does.
    package mutating func ended(_ error: CouponClientError?) -> Action {
        if let error, !error.isPassing || !self.isKnown { return .fail(error) }
        defer { self.pause = min(self.pause * 2, Self.pauses.upperBound) }

        return .reconnect(after: self.pause)
    }
}
