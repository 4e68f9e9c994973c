import Coordination
import Logging
import NIOCore
import NIOPosix
import Outbound
import RESP
import Redis
import ServiceLifecycle
import Support
import Uniques
import Web

/// The parts of unique counting around one real Redis, all in this process.
struct UniquesFixture: Sendable {
    let server: RedisServer
    let node: RedisNode
    let clock: ServerClock
    let lanes: AcceptLanes
    let counts: UniquesCounts
    let logs: CapturedLogs
    let configuration: UniquesConfiguration

    /// `skew` is how far this instance's idea of Redis's clock is off.
    static func with(
        skew: Duration = .zero,
        server given: RedisServer? = nil,
        _ configuration: UniquesConfiguration = settings { _ in },
        _ body: @Sendable @escaping (UniquesFixture) async throws -> Void
    ) async throws {
        let server = try given ?? RedisServer()
        defer { if given == nil { server.kill() } }
        let logs = CapturedLogs()
        let node = RedisNode(
            configuration: try RedisConfiguration(url: server.url),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logs.logger()
        )
        let clock = ServerClock(redis: SkewedRedis(node, by: skew), logger: logs.logger())
        let fixture = UniquesFixture(
            server: server,
            node: node,
            clock: clock,
            lanes: AcceptLanes(
                redis: node,
                clock: clock,
                configuration: configuration,
                observer: RequestObserver(logger: logs.logger(), accessLogSample: 0),
                eventLoopGroup: MultiThreadedEventLoopGroup.singleton
            ),
            counts: UniquesCounts(redis: node, clock: clock, configuration: configuration),
            logs: logs,
            configuration: configuration
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await node.run() }
            group.addTask { try await clock.run() }
            group.addTask {
                try await eventually { node.isReady && clock.isKnown }
                try await body(fixture)
                throw Finished()
            }
            do { while try await group.next() != nil {} } catch is Finished {}
            group.cancelAll()
        }
    }

    private struct Finished: Error {}

    func closer(
        owner: String,
        redis: (any RedisClient)? = nil,
        lease: Duration = .seconds(1),
        send: @escaping OutboxDelivery.Send = { _ in .delivered }
    ) -> WindowCloser {
        let redis = redis ?? self.node
        return WindowCloser(
            redis: redis,
            clock: self.clock,
            counts: self.counts,
            lease: Lease(
                key: UniquesKeys.lease,
                tokenKey: UniquesKeys.leaseToken,
                owner: owner,
                duration: lease,
                redis: redis,
                logger: self.logs.logger()
            ),
            delivery: OutboxDelivery(
                Outbox(key: UniquesKeys.outbox, deadKey: UniquesKeys.dead, redis: redis),
                clock: self.clock,
                configuration: self.configuration.outbox,
                pollInterval: .milliseconds(20),
                logger: self.logs.logger(),
                send: send
            ),
            configuration: self.configuration,
            logger: self.logs.logger()
        )
    }

    /// All counts that were published so far.
    func published() async throws -> [UniquesCounts.Count] {
        let farAway = ServerTime(milliseconds: 4_102_444_800_000)
        return try await self.counts.published(from: ServerTime(milliseconds: 0), to: farAway)
    }
}

/// A Redis whose clock is read wrongly; everything else goes through.
struct SkewedRedis: RedisClient {
    private let redis: any RedisClient
    private let skew: Duration

    init(_ redis: any RedisClient, by skew: Duration) {
        self.redis = redis
        self.skew = skew
    }

    func send(_ command: RedisCommand, within: Duration?) async throws(RedisError) -> RESPValue {
        let reply = try await self.redis.send(command, within: within)
        guard command.name == "TIME", let parts = reply.array, let seconds = parts[0].integerValue else { return reply }
        return .array([.integer(seconds + self.skew.components.seconds), parts[1]])
    }

    func send(_ commands: [RedisCommand], within: Duration?) async -> [Result<RESPValue, RedisError>] {
        await self.redis.send(commands, within: within)
    }

    func run(_ call: RedisScriptCall, within: Duration?) async throws(RedisError) -> RESPValue {
        try await self.redis.run(call, within: within)
    }
}

/// A Redis that does something just before a script runs.
struct InterruptedRedis: RedisClient {
    let redis: any RedisClient
    let script: String
    let before: @Sendable () async -> Void

    func send(_ command: RedisCommand, within: Duration?) async throws(RedisError) -> RESPValue {
        try await self.redis.send(command, within: within)
    }

    func send(_ commands: [RedisCommand], within: Duration?) async -> [Result<RESPValue, RedisError>] {
        await self.redis.send(commands, within: within)
    }

    func run(_ call: RedisScriptCall, within: Duration?) async throws(RedisError) -> RESPValue {
        if call.script.name == self.script { await self.before() }
        return try await self.redis.run(call, within: within)
    }
}

/// Windows of an hour, and what is changed besides.
func settings(_ change: (inout UniquesConfiguration) -> Void) -> UniquesConfiguration {
    var configuration = UniquesConfiguration()
    configuration.window = .seconds(3600)
    change(&configuration)
    return configuration
}
