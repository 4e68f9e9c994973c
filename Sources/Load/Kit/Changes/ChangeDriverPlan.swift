/// The part of one event loop in a load of changes.
package struct ChangeDriverPlan: Sendable {
    package let changes: any ChangePlan
    package let watcher: (any ChangeWatcher)?
    package let schedule: ChangeSchedule
    package let targets: [LoadTarget]
    /// For each connection of this loop, which target it goes to.
    package let connections: [Int]
    /// More connections are opened up to this many when the pace cannot be kept otherwise.
    package let connectionLimit: Int
    /// How long nothing is sent unless all connections are open.
    package let connectWait: Int64?
    package let requestTimeout: Int64
    /// How often a change may be sent again; nil is until it is answered.
    package let retryLimit: Int?
    /// The monotonic instant from which on no change is begun.
    package let beginsUntil: Int64
    /// The monotonic instant at which the load ends, finished or not.
    package let endsAt: Int64
    /// For the lengths of waits.
    package let random: SeededRandom
    /// First and longest wait before a request or a connection is tried again: 20 ms, doubled up to 1 s.
    package let backOff: ClosedRange<Int64> = 20_000_000...1_000_000_000

    /// The outcome of an attempt, when it may not be sent again for ever.
    package func limited(_ outcome: ChangeOutcome, _ attempt: ChangeAttempt) -> ChangeOutcome {
        guard case .again(let doubt) = outcome, let limit = self.retryLimit, attempt.attempts >= limit else {
            return outcome
        }
        return .lost(doubt)
    }
}
