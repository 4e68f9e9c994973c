import Logging
import NIOCore
import NIOPosix
import RESP
import Redis
import Support
import TLS
import Testing

@Suite struct `Commands on a real Redis` {
    @Test func `a value is set and read back`() async throws {
        try await withNode(.shared) { (redis: RedisNode) async throws in
            let key = freshKey()
            #expect(try await redis.ask("SET", .key(key), "value") == .status("OK"))
            #expect(try await redis.ask("GET", .key(key)).string == "value")
            #expect(try await redis.ask("INCRBY", .key(freshKey()), 41).integerValue == 41)
            #expect(try await redis.ask("GET", .key(freshKey())) == .null)
        }
    }

    @Test func `a pipeline keeps its order and each command its own outcome`() async throws {
        try await withNode(.shared) { (redis: RedisNode) async throws in
            let key = freshKey()
            var commands = (0..<500).map { _ in RedisCommand("INCR", .key(key)) }
            commands.insert(RedisCommand("LPUSH", .key(key), "no list"), at: 250)
            let outcomes = await redis.send(commands)
            #expect(outcomes.count == 501)
            #expect(outcomes[250].failure?.refusal == .wrongType)
            let numbers = outcomes.compactMap { outcome in
                if case .success(let value) = outcome { value.integerValue } else { nil }
            }
            #expect(numbers == (1...500).map(Int64.init))
            #expect(await redis.send([], within: nil).isEmpty)
        }
    }

    @Test func `many callers at once each get their own answer`() async throws {
        try await withNode(.shared) { (redis: RedisNode) async throws in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<2000 {
                    group.addTask { try await redis.ask("ECHO", .integer(number)).integerValue == Int64(number) }
                }
                for try await isOwn in group { #expect(isOwn) }
            }
        }
    }

    @Test func `a large value goes there and back`() async throws {
        try await withNode(.shared) { (redis: RedisNode) async throws in
            let key = freshKey()
            let value = ByteBuffer(bytes: (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
            #expect(try await redis.ask("SET", .key(key), .bytes(value), "EX", 60) == .status("OK"))
            #expect(try await redis.ask("GET", .key(key)) == .bulk(value))
        }
    }

    @Test func `a reply over the limits ends the connection and nobody else's`() async throws {
        var configuration = try RedisConfiguration.shared
        configuration.replyLimits.bulkBytes = 1000
        try await withNode(configuration) { (redis: RedisNode) async throws in
            let key = freshKey()
            let value = ByteBuffer(repeating: 7, count: 1001)
            #expect(try await redis.ask("SET", .key(key), .bytes(value), "EX", 60) == .status("OK"))
            let outcome = await redis.outcome(RedisCommand("GET", .key(key)))
            #expect(outcome == .failure(.outcomeUnknown(.malformedReply)))
            #expect(try await redis.ask("STRLEN", .key(key)).integerValue == 1001)
        }
    }

    @Test func `a command that waits has a connection of its own`() async throws {
        var configuration = try RedisConfiguration.shared
        // Shorter than the wait below: the shared connection would be given up as silent.
        configuration.keepAliveInterval = .milliseconds(200)
        configuration.silenceLimit = .milliseconds(800)
        configuration.commandDeadline = .milliseconds(900)
        try await withNode(configuration) { (redis: RedisNode) async throws in
            let reader = redis.privateConnection(name: "reader")
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await reader.run() }
                defer { group.cancelAll() }
                try await eventually { reader.isReady }
                let key = freshKey("stream")
                let read = RedisCommand("XREAD", "BLOCK", 1200, "STREAMS", .key(key), "$")
                    .blocking(for: .milliseconds(1200))
                // Nothing comes: the answer is a nil after 1.2 s, and no error before.
                #expect(await reader.outcome(read) == .success(.null))
                async let entry = reader.outcome(read)
                try await eventually("the reader waits in Redis") {
                    try await redis.ask("CLIENT", "LIST").string?.split(separator: "\n").contains {
                        $0.contains(" name=tally-reader ") && $0.contains(" flags=b ")
                    } ?? false
                }
                #expect(try await redis.ask("XADD", .key(key), "*", "field", "value").string != nil)
                #expect(await entry.failure == nil)
            }
        }
    }
}

@Suite struct `Ways to a Redis` {
    @Test func `a unix socket with a database`() async throws {
        let configuration = try RedisConfiguration(url: "unix://\(RedisServer.shared.socketPath)?db=3")
        try await withNode(configuration) { (redis: RedisNode) async throws in
            #expect(try await redis.ask("CLIENT", "INFO").string?.contains(" db=3 ") == true)
            #expect(try await redis.ask("CLIENT", "INFO").string?.contains(" name=tally ") == true)
        }
    }

    @Test func `an ACL user whose password needs encoding`() async throws {
        var options = RedisServer.Options()
        options.users = ["user default off", "user al:ice on >p@ss:w/rd% ~* &* +@all"]
        let server = try RedisServer(options)
        defer { server.kill() }
        let configuration = try RedisConfiguration(
            url: "redis://al%3aice:p%40ss%3Aw%2frd%25@127.0.0.1:\(server.port)/2"
        )
        try await withNode(configuration) { (redis: RedisNode) async throws in
            #expect(try await redis.ask("ACL", "WHOAMI").string == "al:ice")
            #expect(try await redis.ask("CLIENT", "INFO").string?.contains(" db=2 ") == true)
        }
    }

    @Test func `a password that comes from elsewhere`() async throws {
        var options = RedisServer.Options()
        options.password = "secret"
        let server = try RedisServer(options)
        defer { server.kill() }
        var configuration = try RedisConfiguration(url: server.url)
        configuration.password = "secret"
        try await withNode(configuration) { (redis: RedisNode) async throws in
            #expect(try await redis.ask("PING") == .status("PONG"))
        }
    }

    @Test func `TLS with a certificate authority of one's own, by name and by address`() async throws {
        var options = RedisServer.Options()
        options.usesTLS = true
        let server = try RedisServer(options)
        defer { server.kill() }
        for host in ["localhost", "127.0.0.1"] {
            var configuration = try RedisConfiguration(url: "rediss://\(host):\(server.tlsPort)/1")
            configuration.caFile = server.certificate
            try await withNode(configuration) { (redis: RedisNode) async throws in
                let outcomes = await redis.send((0..<200).map { RedisCommand("ECHO", .integer($0)) })
                #expect(outcomes.compactMap { try? $0.get().integerValue } == (0..<200).map(Int64.init))
            }
        }
    }

    @Test func `TLS to a server that cannot prove its name is no connection`() async throws {
        var options = RedisServer.Options()
        options.usesTLS = true
        let server = try RedisServer(options)
        defer { server.kill() }
        let logs = CapturedLogs()
        let configuration = try RedisConfiguration(url: "rediss://127.0.0.1:\(server.tlsPort)")
        try await withNode(configuration, logs: logs, waitsUntilReady: false) { (redis: RedisNode) async throws in
            try await eventually { redis.lastFailure == .notSent(.untrusted) }
            #expect(!redis.isReady)
            #expect(await redis.outcome(RedisCommand("PING")).failure?.hadNoEffect == true)
        }
        #expect(logs.lines.count { $0.level == .error } == 1)
    }

    @Test func `a missing CA file stops the start with a clear error`() async throws {
        var configuration = try RedisConfiguration(url: "rediss://127.0.0.1:1")
        configuration.caFile = "/nowhere/ca.pem"
        let missing = TLSError.unreadable(path: "/nowhere/ca.pem", reason: "No such file or directory")
        let node = RedisNode(
            configuration: configuration,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: CapturedLogs().logger()
        )
        await #expect(throws: RedisConfigurationError.tls(missing)) { try await node.run() }
    }
}
