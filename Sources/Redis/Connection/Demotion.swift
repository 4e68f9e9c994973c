/// Whether to leave a server that says of itself that it is a replica: pure, with the time handed in.
///
/// At once when it was a primary before, then after 2, 4, 8 and so on up to 32 seconds while every connection finds a
/// replica: an address that leads to one for good is no reason to connect for ever.
package struct Demotion: Hashable, Sendable {
    private var leavings = 0
    private var earliest = Uptime(nanoseconds: 0)
    private static let longestDoublings = 5

    /// The command that a connection asks with; every user that may ask for its settings may run it.
    package static let question = RedisCommand("INFO", "replication")
    /// How long the answer may take; it may stand behind a command that waits in Redis.
    package static let patience = Duration.seconds(10)

    package init() {}

    /// Takes the answer to ``question``.
    package mutating func shouldLeave(_ answer: String, at now: Uptime) -> Bool {
        let lines = answer.split(whereSeparator: \.isNewline)
        if lines.contains("role:master") { self.leavings = 0 }
        guard lines.contains("role:slave") else { return false }
        guard self.leavings == 0 || now >= self.earliest else { return false }
        self.leavings = min(self.leavings + 1, Self.longestDoublings)
        self.earliest = now + .seconds(1 << self.leavings)
        return true
    }
}
