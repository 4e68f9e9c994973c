import NIOCore
import NIOPosix
import RESP
import Redis
import Support
import Testing

@Suite struct `Scripts` {
    private static let join = RedisScript(
        "join",
        source: Array("return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}".utf8)
    )

    @Test func `the digest is the one that Redis computes`() async throws {
        try await withNode(.shared) { (redis: RedisNode) async throws in
            let source = String(decoding: Self.join.source, as: UTF8.self)
            #expect(try await redis.ask("SCRIPT", "LOAD", .text(source)).string == Self.join.digest)
        }
    }

    @Test func `a script that Redis forgot is sent again by its source, and runs once`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        try await withNode(RedisConfiguration(url: server.url)) { (redis: RedisNode) async throws in
            let key = freshKey()
            let call = RedisScriptCall(Self.join, keys: [key], arguments: [.text("a"), 7])
            for run in 1...3 {
                if run != 2 { #expect(try await redis.ask("SCRIPT", "FLUSH") == .status("OK")) }
                let reply = try await redis.outcome(call).get()
                #expect(reply.array?.map { $0.string ?? "\($0.integerValue ?? -1)" } == [key, "a", "\(run)"])
            }
            #expect(try await redis.ask("GET", .key(key)).integerValue == 3)
            // The second run needed no source.
            let statistics = try await redis.ask("INFO", "commandstats").string ?? ""
            #expect(statistics.contains("cmdstat_eval:calls=2,"))
            #expect(statistics.contains("cmdstat_evalsha:calls=3,"))
        }
    }

    @Test func `a call written by hand is the same call`() async throws {
        try await withNode(.shared) { (redis: RedisNode) async throws in
            let key = freshKey()
            var tail = ByteBuffer()
            tail.writeBulk(1)
            tail.writeBulk(key)
            tail.writeBulk("hand")
            let call = RedisScriptCall(Self.join, routingKey: key, argumentCount: 3, tail: tail)
            #expect(try await redis.outcome(call).get().array?[1].string == "hand")
        }
    }

    @Test func `an event loop runs scripts without a task`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        try await withNode(RedisConfiguration(url: server.url)) { (redis: RedisNode) async throws in
            let key = freshKey()
            let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
            let promise = eventLoop.makePromise(of: [Int64].self)
            eventLoop.execute {
                let connection = redis.connection(on: eventLoop)
                var numbers: [Int64] = []
                // All of one turn: each finds its script unknown, and each still runs once.
                for _ in 0..<20 {
                    let call = RedisScriptCall(Self.join, keys: [key], arguments: ["x"])
                    connection.run(call, deadline: .now() + .seconds(5)) { result in
                        numbers.append((try? result.get())?.array?[2].integerValue ?? -1)
                        if numbers.count == 20 { promise.succeed(numbers) }
                    }
                }
            }
            #expect(try await promise.futureResult.get() == (1...20).map(Int64.init))
        }
    }

    @Test(arguments: [
        ("plain", "plain"), ("a:{b}:c", "b"), ("{b}", "b"), ("a{}b", "a{}b"), ("a{b", "a{b"), ("{a}{b}", "a"),
        ("{{a}}", "{a"), ("}{a}", "a"),
    ])
    func `a hash tag is what Redis Cluster takes it for`(key: String, tag: String) {
        #expect(RedisKey.hashTag(of: key) == tag)
    }

    @Test func `an error inside a script may have had an effect`() async throws {
        try await withNode(.shared) { (redis: RedisNode) async throws in
            let source = "redis.call('SET', KEYS[1], 'x') return redis.call('LPUSH', KEYS[1], 'y')"
            let script = RedisScript("half", source: Array(source.utf8))
            let error = await redis.outcome(RedisScriptCall(script, keys: [freshKey()])).failure
            #expect(error?.refusal == .wrongType)
            #expect(error?.hadNoEffect == false)
        }
    }
}
