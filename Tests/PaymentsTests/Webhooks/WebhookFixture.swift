import Coordination
import Logging
import NIOPosix
import Outbound
import Payments
import RESP
import Redis
import ServiceLifecycle
import Support
import Synchronization

/// The parts that a worker needs to deliver webhooks, around one real Redis, with outboxes of its own.
struct WebhookFixture: Sendable {
    static let secret = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    let node: RedisNode
    let clock: ServerClock
    let outbox: Outbox
    let logs: CapturedLogs
    private let mark: UInt64

    static func with(
        streams count: Int = 64,
        _ body: @Sendable @escaping (WebhookFixture) async throws -> Void
    ) async throws {
        let logs = CapturedLogs()
        let node = RedisNode(
            configuration: try RedisConfiguration(url: RedisServer.shared.url),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logs.logger()
        )
        let mark = UInt64.random(in: .min ... .max)
        let streams = (0..<count).map { number in
            Outbox.Stream(key: "test-\(mark):{\(number)}:outbox", deadKey: "test-\(mark):{\(number)}:outbox_dead")
        }
        let fixture = WebhookFixture(
            node: node,
            clock: ServerClock(redis: node, logger: logs.logger()),
            outbox: Outbox(streams: streams, redis: node),
            logs: logs,
            mark: mark
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await node.run() }
            group.addTask { try await fixture.clock.run() }
            group.addTask {
                try await eventually { node.isReady && fixture.clock.isKnown }
                try await body(fixture)
                throw Finished()
            }
            do { while try await group.next() != nil {} } catch is Finished {}
            group.cancelAll()
        }
    }

    private struct Finished: Error {}

    /// Runs one worker's part until cancelled; `name` is its user agent.
    func work(_ name: String, allowing entries: [String], lease redis: (any RedisClient)? = nil) async throws {
        let policy = try EndpointPolicy(allowing: entries)
        var outboundConfiguration = OutboundConfiguration(policy: policy)
        outboundConfiguration.userAgent = name
        let outbound = OutboundClient(configuration: outboundConfiguration, logger: self.logs.logger())
        var configuration = OutboxMachine.Configuration()
        configuration.firstBackoff = .milliseconds(50)
        let service = WebhookService(
            streams: self.outbox.streams,
            redis: self.node,
            clock: self.clock,
            lease: Lease(
                key: "{test-\(self.mark)}:lease",
                tokenKey: "{test-\(self.mark)}:lease_token",
                owner: name,
                // Long, so that a busy machine does not lose it: what is lost is delivered twice.
                duration: .seconds(8),
                redis: redis ?? self.node,
                logger: self.logs.logger()
            ),
            sender: WebhookSender(
                outbound,
                policy: policy,
                signer: WebhookSigner([try WebhookSecret("whsec_\(Self.secret)")]),
                clock: self.clock
            ),
            configuration: configuration,
            pollInterval: .milliseconds(20),
            logger: self.logs.logger()
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await outbound.run() }
            group.addTask { try await service.run() }
            while try await group.next() != nil {}
        }
    }

    /// Runs one worker for as long as `body` takes.
    func working(allowing entries: [String], body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.work("tally", allowing: entries) }
            defer { group.cancelAll() }
            try await body()
        }
    }

    /// Appends a message as the script that ends a payment does.
    func add(_ id: String, to endpoint: String, shard: Int = 0, method: String = "POST") async throws {
        let now = self.clock.now?.milliseconds ?? 0
        _ = try await self.node.send(
            RedisCommand(
                "XADD",
                .key(self.outbox.streams[shard].key),
                "*",
                "endpoint",
                .text(endpoint),
                "method",
                .text(method),
                "body",
                .text(Self.body(id)),
                "idempotency_key",
                .text(id),
                "created_ms",
                .integer(Int(now))
            )
        )
    }

    static func body(_ id: String) -> String { #"{"id":"\#(id)","status":"done","amount":"99.01"}"# }

    /// The messages that are still to be delivered.
    func waiting() async throws -> [OutboxMessage] {
        let page = await self.outbox.messages(after: Outbox.Position(), limit: 10_000)
        if let failure = page.failure { throw failure }
        return page.messages
    }

    /// The messages that could not be delivered.
    func dead() async throws -> [Outbox.DeadLetter] { try await self.outbox.deadLetters(after: nil, limit: 10_000) }
}

/// Counts the scripts that go through it.
final class ScriptCountingRedis: RedisClient {
    let scripts = Mutex(0)
    private let redis: RedisNode

    init(_ redis: RedisNode) { self.redis = redis }

    func send(_ command: RedisCommand, within: Duration?) async throws(RedisError) -> RESPValue {
        try await self.redis.send(command, within: within)
    }

    func send(_ commands: [RedisCommand], within: Duration?) async -> [Result<RESPValue, RedisError>] {
        await self.redis.send(commands, within: within)
    }

    func run(_ call: RedisScriptCall, within: Duration?) async throws(RedisError) -> RESPValue {
        let reply = try await self.redis.run(call, within: within)
        self.scripts.withLock { $0 += 1 }
        return reply
    }
}
