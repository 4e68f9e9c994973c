import Web

/// How the files that a process may open are shared among its listeners and all else.
package struct DescriptorBudget: Hashable, Sendable {
    /// Files besides connections: Redis, outside, listeners, logs, and what the runtime itself opens.
    package static let others = 512
    /// With fewer a process does not start.
    package static let least = 256

    /// Most connections of the public listener and of the admin listener.
    package private(set) var connections: Int
    package private(set) var adminConnections: Int
    /// Whether it is less than what was wanted.
    package private(set) var isLowered = false

    /// Shares `limit` files; `hasOutbound` says whether the process itself calls others.
    ///
    /// Out of descriptors the Swift runtime itself traps, so what does not fit is not let in.
    package init(connections: Int, adminConnections: Int, limit: Int, hasOutbound: Bool) throws(ProcessLimits.Failure) {
        guard limit >= Self.least else { throw .tooFewDescriptors(limit: limit, needed: Self.least) }
        (self.connections, self.adminConnections) = (connections, adminConnections)
        guard limit < connections + adminConnections + Self.others else { return }
        self.isLowered = true
        let others = min(limit / (hasOutbound ? 2 : 4), Self.others)
        self.adminConnections = min(adminConnections, (limit - others) / 8)
        self.connections = min(connections, limit - others - self.adminConnections)
    }
}
