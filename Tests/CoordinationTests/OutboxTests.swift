import Coordination
import Logging
import NIOPosix
import RESP
import Redis
import Support
import Synchronization
import Testing

struct OutboxTests {
    @Test func `the same id in several streams is removed, buried and replayed where it lies`() async throws {
        try await OutboxFixture.with(streams: 3) { fixture in
            let outbox = fixture.outbox
            for stream in outbox.streams { try await fixture.add(to: stream, id: "7-0", endpoint: "a") }
            let messages = try await fixture.all()
            #expect(Set(messages.map(\.stream)) == Set(outbox.streams))
            #expect(Set(messages.map(\.id)) == ["7-0"])
            try await outbox.remove(messages[0])
            try await outbox.bury(messages[1], reason: "status 404")
            try await outbox.bury(messages[1], reason: "status 404")
            #expect(try await fixture.all() == [messages[2]])
            let letters = try await outbox.deadLetters(after: nil, limit: 10)
            #expect(letters.map(\.message.stream) == [messages[1].stream])
            #expect(letters.map(\.reason) == ["status 404"])
            let letter = try #require(letters.first)
            #expect(try await outbox.replay(letter))
            #expect(try await !outbox.replay(letter))
            let rest = try await fixture.all()
            #expect(Set(rest.map(\.stream)) == [messages[1].stream, messages[2].stream])
            var position = Outbox.Position()
            position.pass(letter.message)
            #expect(try await outbox.deadLetters(after: position, limit: 10).isEmpty)
        }
    }

    @Test func `a look at 64 streams is one write`() async throws {
        try await OutboxFixture.with(streams: 64) { fixture in
            for stream in fixture.outbox.streams { try await fixture.add(to: stream, endpoint: "a") }
            let counting = CountingRedis(redis: fixture.node)
            let outbox = Outbox(streams: fixture.outbox.streams, redis: counting)
            let page = await outbox.messages(after: Outbox.Position(), limit: 1000)
            #expect(page.messages.count == 64)
            #expect(counting.writes.withLock { $0 } == [64])
            let next = await outbox.messages(after: page.position, limit: 1000)
            #expect(next.messages.isEmpty)
            #expect(counting.writes.withLock { $0 } == [64, 64])
        }
    }

    @Test(arguments: [1, 2, 3, 7, 30, 200, 1000])
    func `whatever the limit, everything is read once and in order`(limit: Int) async throws {
        try await OutboxFixture.with(streams: 3) { fixture in
            let streams = fixture.outbox.streams
            for number in 1...60 { try await fixture.add(to: streams[0], id: "\(number)-0", endpoint: "a") }
            for number in 1...5 { try await fixture.add(to: streams[2], id: "\(number)-0", endpoint: "a") }
            var position = Outbox.Position()
            var read: [OutboxMessage] = []
            var empty = 0
            while empty < 3 {
                let page = await fixture.outbox.messages(after: position, limit: limit)
                #expect(page.failure == nil)
                #expect(page.messages.count <= limit)
                // The share that one stream does not need, another may have.
                if read.isEmpty, limit >= 3 { #expect(page.messages.count == min(limit, 65)) }
                read += page.messages
                position = page.position
                empty = page.messages.isEmpty ? empty + 1 : 0
            }
            #expect(read.filter { $0.stream == streams[0] }.map(\.id) == (1...60).map { "\($0)-0" })
            #expect(read.filter { $0.stream == streams[2] }.map(\.id) == (1...5).map { "\($0)-0" })
        }
    }

    @Test func `neither an entry that is no message nor a broken stream holds up the others`() async throws {
        try await OutboxFixture.with(streams: 3) { fixture in
            let streams = fixture.outbox.streams
            _ = try await fixture.node.send(RedisCommand("SET", .key(streams[0].key), "no stream"))
            for _ in 0..<3 {
                _ = try await fixture.node.send(RedisCommand("XADD", .key(streams[1].key), "*", "x", "y"))
            }
            try await fixture.add(to: streams[1], endpoint: "b")
            try await fixture.add(to: streams[2], endpoint: "c")
            var position = Outbox.Position()
            var found: [String] = []
            for _ in 0..<5 {
                let page = await fixture.outbox.messages(after: position, limit: 3)
                #expect(page.failure != nil)
                position = page.position
                found += page.messages.map(\.endpoint)
            }
            #expect(found.sorted() == ["b", "c"])
            await #expect(throws: RedisError.self) {
                let broken = Outbox(key: streams[2].deadKey, deadKey: streams[0].key, redis: fixture.node)
                _ = try await broken.deadLetters(after: nil, limit: 10)
            }
        }
    }
}

/// One real Redis, its clock, and an outbox of streams of its own.
struct OutboxFixture: Sendable {
    let node: RedisNode
    let clock: ServerClock
    let outbox: Outbox
    let logs: CapturedLogs

    static func with(
        streams count: Int,
        _ body: @Sendable @escaping (OutboxFixture) async throws -> Void
    ) async throws {
        let logs = CapturedLogs()
        let node = RedisNode(
            configuration: try RedisConfiguration(url: RedisServer.shared.url),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logs.logger()
        )
        let clock = ServerClock(redis: node, logger: logs.logger())
        let mark = UInt64.random(in: .min ... .max)
        let streams = (0..<count).map { number in
            let name = "outbox-test-\(mark):{\(number < 10 ? "0" : "")\(number)}"
            return Outbox.Stream(key: "\(name):outbox", deadKey: "\(name):dead")
        }
        let fixture = OutboxFixture(
            node: node,
            clock: clock,
            outbox: Outbox(streams: streams, redis: node),
            logs: logs
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

    func add(to stream: Outbox.Stream, id: String = "*", endpoint: String, key: String = "k") async throws {
        let now = self.clock.now?.milliseconds ?? 0
        _ = try await self.node.send(
            RedisCommand(
                "XADD",
                .key(stream.key),
                .text(id),
                "endpoint",
                .text(endpoint),
                "method",
                "POST",
                "body",
                "{}",
                "idempotency_key",
                .text(key),
                "created_ms",
                .integer(Int(now))
            )
        )
    }

    /// The messages of the streams, in their order.
    func all() async throws -> [OutboxMessage] {
        let page = await self.outbox.messages(after: Outbox.Position(), limit: 10_000)
        if let failure = page.failure { throw failure }
        return page.messages
    }
}

/// Counts the commands of each write.
final class CountingRedis: RedisClient {
    let writes = Mutex<[Int]>([])
    private let redis: RedisNode

    init(redis: RedisNode) { self.redis = redis }

    func send(_ command: RedisCommand, within: Duration?) async throws(RedisError) -> RESPValue {
        self.writes.withLock { $0.append(1) }
        return try await self.redis.send(command, within: within)
    }

    func send(_ commands: [RedisCommand], within: Duration?) async -> [Result<RESPValue, RedisError>] {
        self.writes.withLock { $0.append(commands.count) }
        return await self.redis.send(commands, within: within)
    }

    func run(_ call: RedisScriptCall, within: Duration?) async throws(RedisError) -> RESPValue {
        try await self.redis.run(call, within: within)
    }
}
