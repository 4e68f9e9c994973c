package import NIOCore
import RESP

/// One command, already in the bytes that go over the wire.
package struct RedisCommand: Sendable {
    /// The first word, which is also the metric label: a constant, never anything from a request.
    package let name: String
    /// The first key, or `nil` for a command that any node may answer.
    package let routingKey: String?
    package let encoded: ByteBuffer
    /// How long Redis may keep the command waiting before it answers; `nil` for one that it answers at once.
    package private(set) var blockTime: Duration?

    package init(_ name: String, _ arguments: RedisArgument...) {
        self.init(name, arguments)
    }

    package init(_ name: String, _ arguments: [RedisArgument]) {
        var encoded = ByteBufferAllocator().buffer(capacity: 64 + arguments.count * 32)
        encoded.writeArrayHeader(1 + arguments.count)
        encoded.writeBulk(name)
        for argument in arguments { encoded.writeBulk(argument) }
        self.name = name
        self.routingKey = arguments.lazy.compactMap(\.key).first
        self.encoded = encoded
    }

    /// The same command, marked as one that Redis may answer only after `duration`, such as `XREAD BLOCK`.
    ///
    /// It says so to the client only: the arguments must say the same to Redis. Needs a ``RedisPrivateConnection``,
    /// because it would hold up every other command of a shared connection.
    package func blocking(for duration: Duration) -> RedisCommand {
        var command = self
        command.blockTime = duration
        return command
    }
}
