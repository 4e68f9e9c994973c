import NIOCore
import NIOPosix
import RESP
import Redis
import Support
import Testing

@Suite struct `Back-pressure` {
    @Test func `tasks wait for room and all get through`() async throws {
        try await withOneLoop { group in
            var configuration = try RedisConfiguration.shared
            configuration.inFlightLimit = 2
            try await withNode(configuration, eventLoopGroup: group) { (redis: RedisNode) async throws in
                let key = freshKey()
                let outcomes = await withTaskGroup(of: Result<RESPValue, RedisError>.self) { tasks in
                    for _ in 0..<300 { tasks.addTask { await redis.outcome(RedisCommand("INCR", .key(key))) } }
                    return await tasks.reduce(into: []) { $0.append($1) }
                }
                #expect(outcomes.allSatisfy { $0.failure == nil })
                #expect(try await redis.ask("GET", .key(key)).integerValue == 300)
            }
        }
    }

    @Test func `a pipeline larger than the limit keeps its order`() async throws {
        try await withOneLoop { group in
            var configuration = try RedisConfiguration.shared
            configuration.inFlightLimit = 3
            try await withNode(configuration, eventLoopGroup: group) { (redis: RedisNode) async throws in
                let key = freshKey()
                let outcomes = await redis.send((0..<100).map { _ in RedisCommand("INCR", .key(key)) })
                #expect(outcomes.compactMap { try? $0.get().integerValue } == (1...100).map(Int64.init))
            }
        }
    }

    @Test func `who waits in vain is told that nothing happened`() async throws {
        let proxy = try await FaultProxy(to: RedisServer.shared.port)
        try await withOneLoop { group in
            var configuration = try RedisConfiguration(url: "redis://127.0.0.1:\(proxy.port)")
            configuration.inFlightLimit = 3
            configuration.waitingLimit = 4
            try await withNode(configuration, eventLoopGroup: group) { (redis: RedisNode) async throws in
                let key = freshKey()
                proxy.mode = .latency(.milliseconds(400))
                let errors = await withTaskGroup(of: RedisError?.self) { tasks in
                    for _ in 0..<10 {
                        tasks.addTask {
                            await redis.outcome(RedisCommand("INCR", .key(key)), within: .milliseconds(100)).failure
                        }
                    }
                    return await tasks.reduce(into: [:]) { counts, error in counts[error, default: 0] += 1 }
                }
                // Three were written; four waited and three found the line full.
                #expect(errors == [.outcomeUnknown(.deadlineExceeded): 3, .notSent(.overloaded): 7])
                proxy.mode = .pass
                try await eventually { try await redis.ask("GET", .key(key)).integerValue == 3 }
            }
        }
        try await proxy.stop()
    }

    @Test func `an event loop is told at once`() async throws {
        try await withOneLoop { group in
            var configuration = try RedisConfiguration.shared
            configuration.inFlightLimit = 5
            try await withNode(configuration, eventLoopGroup: group) { (redis: RedisNode) async throws in
                let commands = (0..<8).map { RedisCommand("ECHO", .integer($0)) }
                let outcomes = await redis.onLoop(commands, eventLoop: group.next())
                #expect(outcomes.prefix(5).compactMap { try? $0.get().integerValue } == [0, 1, 2, 3, 4])
                #expect(outcomes.suffix(3).allSatisfy { $0 == .failure(.notSent(.overloaded)) })
            }
        }
    }

    @Test func `a caller that is cancelled while it waits sends nothing`() async throws {
        let proxy = try await FaultProxy(to: RedisServer.shared.port)
        try await withOneLoop { group in
            var configuration = try RedisConfiguration(url: "redis://127.0.0.1:\(proxy.port)")
            configuration.inFlightLimit = 1
            try await withNode(configuration, eventLoopGroup: group) { (redis: RedisNode) async throws in
                let key = freshKey()
                proxy.mode = .latency(.milliseconds(300))
                let before = proxy.bytes(.toServer)
                async let first = redis.outcome(RedisCommand("INCR", .key(key)), within: .seconds(20))
                try await eventually { proxy.bytes(.toServer) > before }
                await withTaskGroup(of: Result<RESPValue, RedisError>.self) { tasks in
                    tasks.addTask { await redis.outcome(RedisCommand("INCR", .key(key)), within: .seconds(20)) }
                    // Whether it has come as far as the line by now or not: it must not be sent.
                    await Task.yield()
                    tasks.cancelAll()
                    for await outcome in tasks { #expect(outcome == .failure(.notSent(.cancelled))) }
                }
                proxy.mode = .pass
                #expect(try await first.get().integerValue == 1)
                #expect(try await redis.ask("GET", .key(key)).integerValue == 1)
            }
        }
        try await proxy.stop()
    }

    @Test func `a deadline in the past sends nothing`() async throws {
        try await withNode(.shared) { (redis: RedisNode) async throws in
            let outcome = await redis.outcome(RedisCommand("PING"), within: .zero)
            #expect(outcome == .failure(.notSent(.deadlineExceeded)))
        }
    }
}
