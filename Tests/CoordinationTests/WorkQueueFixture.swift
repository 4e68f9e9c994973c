import Coordination
import Logging
import NIOPosix
import RESP
import Redis
import ServiceLifecycle
import Support
import Synchronization
import Testing

/// Streams of work in one real Redis, and whoever works on them, all in this process.
struct WorkQueueFixture: Sendable {
    let server: RedisServer
    let node: RedisNode
    let logs: CapturedLogs

    static func with(
        server given: RedisServer? = nil,
        _ body: @Sendable @escaping (WorkQueueFixture) async throws -> Void
    ) async throws {
        let server = try given ?? RedisServer()
        defer { if given == nil { server.kill() } }
        let logs = CapturedLogs()
        var configuration = try RedisConfiguration(url: server.url)
        // So that a wait in Redis that is not ended is noticed.
        configuration.drainLimit = .seconds(60)
        let node = RedisNode(
            configuration: configuration,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logs.logger()
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await node.run() }
            group.addTask {
                try await eventually { node.isReady }
                try await body(WorkQueueFixture(server: server, node: node, logs: logs))
                throw Finished()
            }
            do { while try await group.next() != nil {} } catch is Finished {}
            group.cancelAll()
        }
    }

    private struct Finished: Error {}

    func queue(
        _ consumer: String,
        _ streams: [String],
        _ configuration: WorkQueue.Configuration = quick(),
        place: String? = nil,
        handle: @escaping WorkQueue.Handle
    ) -> ServiceGroup {
        let queue = WorkQueue(
            node: self.node,
            streams: streams,
            consumer: consumer,
            place: place,
            configuration: configuration,
            logger: self.logs.logger(level: .debug),
            handle: handle
        )
        return ServiceGroup(services: [queue], logger: self.logs.logger())
    }

    func send(_ name: String, _ arguments: RedisArgument...) async throws -> RESPValue {
        try await self.node.send(RedisCommand(name, arguments))
    }

    /// Adds a message with a number and returns its id.
    @discardableResult
    func add(_ number: Int, to stream: String) async throws -> String {
        let reply = try await self.node.run(
            RedisScriptCall(.add, keys: [stream], arguments: ["number", .integer(number)])
        )
        return try #require(reply.string)
    }

    /// Finishes a message together with an effect: its number joins a set.
    func finish(_ message: WorkMessage) async throws {
        let keys = [message.stream, "{\(message.stream)}done"]
        let arguments: [RedisArgument] = [.text(message.id), .text(message.fields["number"] ?? "")]
        _ = try await self.node.run(RedisScriptCall(.finish, keys: keys, arguments: arguments))
    }

    /// Finishes all messages and returns those for which that failed.
    func finish(_ messages: [WorkMessage]) async -> [WorkMessage] {
        var left: [WorkMessage] = []
        for message in messages { do { try await self.finish(message) } catch { left.append(message) } }
        return left
    }

    /// Reads as a consumer that is never heard of again.
    func desert(_ stream: String, as consumer: String, count: Int) async throws {
        // The group may be there.
        _ = try? await self.send("XGROUP", "CREATE", .key(stream), "workers", "0", "MKSTREAM")
        let reply = try await self.send(
            "XREADGROUP",
            "GROUP",
            "workers",
            .text(consumer),
            "COUNT",
            .integer(count),
            "STREAMS",
            .key(stream),
            ">"
        )
        try #require(reply.array?.first?.array?.last?.array?.count == count)
    }

    /// Whether a connection waits in Redis.
    func hasReader() async throws -> Bool {
        try await self.send("INFO", "clients").string?.contains("blocked_clients:1") ?? false
    }

    func length(_ stream: String) async throws -> Int64? { try await self.send("XLEN", .key(stream)).integerValue }

    /// How many messages of the stream somebody has and has not finished.
    func pending(_ stream: String) async throws -> Int64? {
        try await self.send("XPENDING", .key(stream), "workers").array?.first?.integerValue
    }

    func consumers(_ stream: String) async throws -> Set<String> {
        let reply = try await self.send("XINFO", "CONSUMERS", .key(stream), "workers")
        return Set((reply.array ?? []).compactMap { $0.array?[1].string })
    }

    /// How often Redis has run a command since it started.
    func calls(_ command: String) async throws -> Int {
        let text = try await self.send("INFO", "commandstats").string ?? ""
        let marker = "cmdstat_\(command):calls="
        guard let place = text.firstRange(of: marker) else { return 0 }
        return Int(text[place.upperBound...].prefix { $0.isNumber }) ?? 0
    }
}

/// Runs queues while `body` runs, then cancels those that have not ended.
func running(_ queues: [ServiceGroup], _ body: @Sendable @escaping () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for queue in queues { group.addTask { try await queue.run() } }
        defer { group.cancelAll() }
        try await body()
    }
}

/// The messages that consumers were given.
final class Handled: Sendable {
    private struct State {
        var messages: [WorkMessage] = []
        var batches: [[WorkMessage]] = []
    }

    private let state = Mutex(State())

    var messages: [WorkMessage] { self.state.withLock(\.messages) }
    var batches: [[WorkMessage]] { self.state.withLock(\.batches) }

    /// How often each number came.
    var numbers: [Int: Int] {
        self.messages.reduce(into: [:]) { $0[Int($1.fields["number"] ?? "") ?? -1, default: 0] += 1 }
    }

    func add(_ messages: [WorkMessage]) {
        self.state.withLock { state in
            state.messages += messages
            state.batches.append(messages)
        }
    }
}

/// Opens once; whoever comes to it waits until then or until it is cancelled.
final class Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (self.stream, self.continuation) = AsyncStream.makeStream() }

    func open() { self.continuation.finish() }

    func pass() async { for await _ in self.stream {} }
}

/// Short times, and what is changed besides; nothing is taken over or forgotten unless the test says so.
func quick(_ change: (inout WorkQueue.Configuration) -> Void = { _ in }) -> WorkQueue.Configuration {
    var configuration = WorkQueue.Configuration()
    configuration.block = .milliseconds(200)
    configuration.reclaimAfter = .seconds(3600)
    configuration.reclaimInterval = .milliseconds(50)
    configuration.cleanInterval = .seconds(3600)
    change(&configuration)
    return configuration
}

extension RedisScript {
    fileprivate static let add = RedisScript(
        "test_add",
        source: LuaLibrary.workQueue + Array("return work_add(KEYS[1], unpack(ARGV))".utf8)
    )
    fileprivate static let finish = RedisScript(
        "test_finish",
        source: LuaLibrary.workQueue
            + Array("redis.call('SADD', KEYS[2], ARGV[2])\nwork_done(KEYS[1], ARGV[1])\nreturn 1".utf8)
    )
}
