package import NIOCore
import ServiceLifecycle

/// A client with one connection to itself, so that commands that wait in Redis hold up nobody else.
///
/// Send one such command at a time, marked with ``RedisCommand/blocking(for:)``: its deadline begins after its block
/// time, and until then the peer's silence is no fault.
package final class RedisPrivateConnection: LaneClient, Service, Sendable {
    package let lane: LoopLane
    private let configuration: RedisConfiguration
    private let board: ConnectionBoard

    package init(_ configuration: RedisConfiguration, name: String, eventLoop: any EventLoop, board: ConnectionBoard) {
        self.configuration = configuration
        self.board = board
        self.lane = LoopLane(
            configuration,
            clientName: configuration.clientName.isEmpty ? name : "\(configuration.clientName)-\(name)",
            eventLoop: eventLoop,
            board: board
        )
    }

    /// Keeps the connection open until graceful shutdown or cancellation, then drains and closes it.
    ///
    /// Throws only a ``RedisConfigurationError``, and that before the first try. Call it once.
    package func run() async throws {
        self.lane.start(try RedisDialer(self.configuration))
        // Throws when cancelled, which means the same here.
        try? await gracefulShutdown()
        await self.lane.drain()
    }

    package var isReady: Bool { self.board.isReady(CollectionOfOne(self.lane.identifier)) }

    package var commandDeadline: Duration { self.configuration.commandDeadline }
    package var isPrivate: Bool { true }
}
