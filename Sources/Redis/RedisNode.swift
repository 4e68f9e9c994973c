package import Logging
package import Metrics
package import NIOCore
import ServiceLifecycle
import Synchronization

/// One Redis server: a pipelined connection per event loop, kept open for as long as ``run()`` runs.
package final class RedisNode: LaneClient, Service, Sendable {
    private let configuration: RedisConfiguration
    private let eventLoopGroup: any EventLoopGroup
    private let board: ConnectionBoard
    private let lanes: [ObjectIdentifier: LoopLane]
    /// The lanes of private connections.
    private let privateLanes = Mutex<[LoopLane]>([])

    package init(
        configuration: RedisConfiguration,
        eventLoopGroup: any EventLoopGroup,
        logger: Logger,
        metricsFactory: any MetricsFactory = MetricsSystem.factory
    ) {
        let board = ConnectionBoard(logger: logger, metricsFactory: metricsFactory)
        var lanes: [ObjectIdentifier: LoopLane] = [:]
        for eventLoop in eventLoopGroup.makeIterator() {
            lanes[ObjectIdentifier(eventLoop)] = LoopLane(
                configuration,
                clientName: configuration.clientName,
                eventLoop: eventLoop,
                board: board
            )
        }
        self.configuration = configuration
        self.eventLoopGroup = eventLoopGroup
        self.board = board
        self.lanes = lanes
    }

    /// Keeps every event loop's connection open until graceful shutdown or cancellation, then drains and closes them.
    ///
    /// A Redis that is down, refuses us or is silent is tried again for ever. Throws only a
    /// ``RedisConfigurationError``, and that before the first try. Call it once.
    package func run() async throws {
        let dialer = try RedisDialer(self.configuration)
        for lane in self.lanes.values { lane.start(dialer) }
        // Throws when cancelled, which means the same here.
        try? await gracefulShutdown()
        await withTaskGroup { group in
            for lane in self.lanes.values { group.addTask { await lane.drain() } }
        }
    }

    /// Whether every event loop's connection is greeted: work may come in on any of them.
    package var isReady: Bool { self.board.isReady(self.lanes.values.lazy.map(\.identifier)) }

    /// Why the last connection failed; `nil` while all work.
    ///
    /// Holds no secrets.
    package var lastFailure: RedisError? { self.board.lastFailure }

    /// The system's or the peer's words at the latest failure of a connection, printable and few, or nothing.
    package var lastReason: String { self.board.lastReason }

    /// The event loop's own connection, for code that runs on it.
    ///
    /// Call it on that event loop, which must be one of the node's group. The same object for the life of the node,
    /// whatever happens to the socket.
    package func connection(on eventLoop: any EventLoop) -> RedisLoopConnection {
        guard let lane = self.lanes[ObjectIdentifier(eventLoop)] else {
            preconditionFailure("an event loop of another group")
        }
        return lane.current
    }

    /// A client with a connection of its own, for commands that wait in Redis.
    ///
    /// Run it like a node.
    ///
    /// `name` is added to the client name in `CLIENT LIST`: letters, digits and dashes.
    package func privateConnection(name: String) -> RedisPrivateConnection {
        let connection = RedisPrivateConnection(
            self.configuration,
            name: name,
            eventLoop: self.eventLoopGroup.next(),
            board: self.board
        )
        self.privateLanes.withLock { $0.append(connection.lane) }
        return connection
    }

    /// Lets every connection, private ones too, ask its server for its role and leave one that is a replica.
    ///
    /// A demoted server refuses writes, which says it by itself, but goes on answering reads with what it had.
    package func leaveReplicas() {
        for lane in Array(self.lanes.values) + self.privateLanes.withLock(\.self) { lane.leaveReplica() }
    }

    package var lane: LoopLane {
        // The current event loop when there is one, else each in turn.
        guard let lane = self.lanes[ObjectIdentifier(self.eventLoopGroup.any())] else {
            preconditionFailure("the group has grown an event loop")
        }
        return lane
    }

    package var commandDeadline: Duration { self.configuration.commandDeadline }
    package var isPrivate: Bool { false }
}
