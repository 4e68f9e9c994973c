package import RESP

/// Anything that can run commands: a node, a private connection, later a cluster, or a test's recording.
///
/// Error replies are thrown as ``RedisError/refused(_:)``, never returned. `within` bounds everything: waiting for
/// room, for a connection, for repeats and for the reply; `nil` means the configuration's `commandDeadline`. Only what
/// is certain to have had no effect is repeated inside that time. Cancelling the caller abandons the reply at once and
/// touches neither the connection nor anyone else's reply.
package protocol RedisClient: Sendable {
    /// Sends one command. One round trip.
    func send(_ command: RedisCommand, within: Duration?) async throws(RedisError) -> RESPValue
    /// Sends commands in one write, in order. They are no transaction: each has its own outcome.
    func send(_ commands: [RedisCommand], within: Duration?) async -> [Result<RESPValue, RedisError>]
    /// Runs a script by its digest, and by its source when this server has not seen it yet.
    func run(_ call: RedisScriptCall, within: Duration?) async throws(RedisError) -> RESPValue
}

extension RedisClient {
    package func send(_ command: RedisCommand) async throws(RedisError) -> RESPValue {
        try await self.send(command, within: nil)
    }

    package func send(_ commands: [RedisCommand]) async -> [Result<RESPValue, RedisError>] {
        await self.send(commands, within: nil)
    }

    package func run(_ call: RedisScriptCall) async throws(RedisError) -> RESPValue {
        try await self.run(call, within: nil)
    }
}
