import Evidence
import NIOCore
import RESP
import Redis
import Synchronization
import Testing

/// The reader of an audit beside a Redis that answers what it is told to.
@Suite
struct StoreReaderTests {
    private static let wrongType = RedisError.refused(RedisRefusal("WRONGTYPE Operation against a key"))

    @Test
    func `a read that failed is tried again, and the third failure is an error`() async throws {
        let shaky = ScriptedRedis([.failure(.outcomeUnknown(.closed)), .failure(.notSent(.unreachable)), .text("a")])
        #expect(try await StoreReader(shaky).send(RedisCommand("GET", "a")).string == "a")
        let dead = ScriptedRedis(Array(repeating: .failure(.outcomeUnknown(.silent)), count: 4))
        await #expect(throws: AuditError.unreadable(.outcomeUnknown(.silent))) {
            try await StoreReader(dead).send(RedisCommand("GET", "a"))
        }
        #expect(dead.left == 1)
    }

    @Test
    func `a refusal is told at once, and among commands that were sent together it is no answer`() async throws {
        let redis = ScriptedRedis([.failure(Self.wrongType), .text("a")])
        let failure = await #expect(throws: AuditError.self) {
            try await StoreReader(redis).send(RedisCommand("GET", "a"))
        }
        #expect(failure?.isWrongType == true && failure?.redisError == Self.wrongType)
        #expect(redis.left == 1)
        let several = ScriptedRedis([
            .text("a"), .failure(Self.wrongType), .failure(.notSent(.unreachable)), .text("c"),
        ])
        let commands = ["a", "b", "c"].map { RedisCommand("GET", .key($0)) }
        #expect(try await StoreReader(several).send(commands).map { $0?.string } == ["a", nil, "c"])
    }

    @Test
    func `an answer of another form names its command`() async throws {
        let reader = StoreReader(ScriptedRedis([.text("a"), .text("b"), .success(.integer(3))]))
        await #expect(throws: AuditError.malformedReply(command: "SCAN")) { try await reader.scan("*") { _ in } }
        await #expect(throws: AuditError.malformedReply(command: "TIME")) { try await reader.time() }
        await #expect(throws: AuditError.malformedReply(command: "HSCAN")) {
            try await reader.fields("key") { _, _ in true }
        }
    }

    @Test
    func `pages follow each other up to the cursor 0, or until enough was seen`() async throws {
        let redis = ScriptedRedis([.page("7", ["a", "b"]), .page("0", ["c"]), .page("9", ["x", "1", "y", "2"])])
        let reader = StoreReader(redis)
        var names: [[String]] = []
        try await reader.scan("tally:*") { names.append($0) }
        #expect(names == [["a", "b"], ["c"]])
        var fields: [String: String] = [:]
        try await reader.fields("key") { name, value in
            fields[name] = value
            return false
        }
        #expect(fields == ["x": "1"])
        #expect(redis.left == 0)
    }

    @Test
    func `the members of a sorted set come without their scores`() async throws {
        let reader = StoreReader(ScriptedRedis([.page("0", ["x", "1", "y", "2"])]))
        var members: [String] = []
        try await reader.members("key") { members.append($0) }
        #expect(members == ["x", "y"])
    }

    @Test
    func `a wait that is cancelled is an error`() async throws {
        let waiting = await withTaskGroup(of: AuditError?.self) { group in
            group.addTask {
                do throws(AuditError) { try await StoreReader.wait(.seconds(600)) } catch { return error }
                return nil
            }
            group.cancelAll()
            return await group.next() ?? nil
        }
        #expect(waiting == .unreadable(.notSent(.cancelled)))
    }

    @Test
    func `slices hold all elements in their order`() {
        #expect((1...7).slices(of: 3) == [[1, 2, 3], [4, 5, 6], [7]])
        #expect((1...3).slices(of: 3) == [[1, 2, 3]] && [Int]().slices(of: 3) == [])
    }

    @Test
    func `a meter counts by name, and tells nothing within its first second`() {
        let told = Mutex<[AuditProgress]>([])
        let meter = AuditMeter(["keys", "entries"]) { progress in told.withLock { $0.append(progress) } }
        meter.add("keys", 3)
        meter.add("entries", 4)
        #expect(meter.elapsed > .seconds(1) || told.withLock(\.isEmpty))
    }

    @Test
    func `progress is told in the order of its names, with a rate`() async throws {
        let told = Mutex<[AuditProgress]>([])
        let meter = AuditMeter(["keys", "entries"]) { progress in told.withLock { $0.append(progress) } }
        while told.withLock(\.isEmpty) {
            meter.add("entries", 4)
            try await Task.sleep(for: .milliseconds(5))
        }
        let first = told.withLock { $0.first }
        let progress = try #require(first)
        #expect(progress.elapsed >= .seconds(1) && progress["keys"] == 0 && progress["entries"] > 0)
        #expect("\(progress)" == "0 keys  \(progress["entries"]) entries")
        #expect((0...Double(progress["entries"])).contains(progress.rate("entries")))
    }
}

/// Answers one after the other, whatever it is asked.
private final class ScriptedRedis: RedisClient {
    private let answers: Mutex<[Result<RESPValue, RedisError>]>

    init(_ answers: [Result<RESPValue, RedisError>]) {
        self.answers = Mutex(answers)
    }

    /// Answers that nobody asked for.
    var left: Int { self.answers.withLock(\.count) }

    private func next() -> Result<RESPValue, RedisError> {
        self.answers.withLock { $0.isEmpty ? .failure(.notSent(.draining)) : $0.removeFirst() }
    }

    func send(_ command: RedisCommand, within: Duration?) async throws(RedisError) -> RESPValue {
        try self.next().get()
    }

    func send(_ commands: [RedisCommand], within: Duration?) async -> [Result<RESPValue, RedisError>] {
        commands.map { _ in self.next() }
    }

    func run(_ call: RedisScriptCall, within: Duration?) async throws(RedisError) -> RESPValue {
        try self.next().get()
    }
}

extension Result<RESPValue, RedisError> {
    fileprivate static func text(_ text: String) -> Self { .success(.bulk(ByteBuffer(string: text))) }

    /// One page of a scan.
    fileprivate static func page(_ cursor: String, _ items: [String]) -> Self {
        let items = items.map { RESPValue.bulk(ByteBuffer(string: $0)) }
        return .success(.array([.bulk(ByteBuffer(string: cursor)), .array(items)]))
    }
}
