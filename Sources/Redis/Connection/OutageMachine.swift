/// The choice of failures, among those of several connections, that deserve a line in the log: pure.
///
/// An outage begins with the first failure and ends when no connection fails any more. In one outage each cause is
/// told once, however many connections see it and however often they try.
package struct OutageMachine: Hashable, Sendable {
    private var failing: Set<Int> = []
    private var told: Set<RedisError.Cause> = []

    package init() {}

    /// Returns whether to tell.
    package mutating func failed(_ connection: Int, because cause: RedisError.Cause) -> Bool {
        self.failing.insert(connection)
        return self.told.insert(cause).inserted
    }

    /// Returns whether the outage is over and was told of, so that its end should be.
    package mutating func recovered(_ connection: Int) -> Bool {
        self.failing.remove(connection)
        guard self.failing.isEmpty, !self.told.isEmpty else { return false }
        self.told.removeAll()
        return true
    }
}
