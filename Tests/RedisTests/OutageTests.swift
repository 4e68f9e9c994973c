import Logging
import NIOCore
import NIOPosix
import RESP
import Redis
import Support
import Testing

@Suite struct `Outages` {
    @Test func `with Redis down the node lives, is not ready, and is once Redis comes`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        server.kill()
        let logs = CapturedLogs()
        try await withNode(RedisConfiguration(url: server.url), logs: logs, waitsUntilReady: false) {
            (redis: RedisNode) async throws in
            try await eventually { redis.lastFailure == .notSent(.unreachable) }
            #expect(!redis.isReady)
            let outcome = await redis.outcome(RedisCommand("PING"), within: .milliseconds(50))
            #expect(outcome.failure?.hadNoEffect == true)
            // A caller with time left gets through by itself.
            async let patient = redis.outcome(RedisCommand("ECHO", "patient"), within: .seconds(20))
            try server.start()
            try await eventually { redis.isReady }
            #expect(try await patient.get().string == "patient")
            #expect(redis.lastFailure == nil)
        }
        // Each cause once, and the end once: a starting Redis may also close a connection.
        let levels = logs.lines.map(\.level)
        let causes = logs.lines.compactMap { $0.metadata["cause"] }
        #expect(levels == causes.map { _ in .warning } + [.notice] && !causes.isEmpty)
        #expect(Set(causes).count == causes.count)
    }

    @Test func `killed and started again, Redis is found again and nothing acknowledged is lost`() async throws {
        var options = RedisServer.Options()
        options.appendOnly = true
        let server = try RedisServer(options)
        defer { server.kill() }
        let logs = CapturedLogs()
        try await withNode(RedisConfiguration(url: server.url), logs: logs) { (redis: RedisNode) async throws in
            let key = freshKey()
            var acknowledged: Set<String> = []
            for round in 0..<2 {
                async let outcomes = withTaskGroup(of: (String, Result<RESPValue, RedisError>).self) { group in
                    for number in 0..<300 {
                        let member = "\(round)-\(number)"
                        group.addTask {
                            try? await Task.sleep(for: .microseconds(300 * number))
                            let outcome = await redis.outcome(RedisCommand("SADD", .key(key), .text(member)))
                            return (member, outcome)
                        }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                try await eventually {
                    try await redis.ask("SCARD", .key(key)).integerValue ?? 0 > Int64(300 * round + 20)
                }
                server.kill()
                try server.start()
                for (member, outcome) in await outcomes {
                    switch outcome {
                    case .success(let value):
                        #expect(value.integerValue == 1)
                        acknowledged.insert(member)
                    case .failure(.outcomeUnknown): break
                    case .failure(let error): Issue.record("\(error)")
                    }
                }
                try await eventually { redis.isReady }
            }
            let members = try await redis.ask("SMEMBERS", .key(key)).array?.compactMap(\.string) ?? []
            #expect(acknowledged.subtracting(members) == [])
            #expect(acknowledged.count > 300)
        }
        #expect(logs.lines.contains { $0.level == .notice })
    }

    /// A frozen process keeps its sockets open: only silence gives it away.
    @Test func `a frozen Redis is found out, in use and idle`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        try await withNode(RedisConfiguration(url: server.url)) { (redis: RedisNode) async throws in
            server.pause()
            defer { server.resume() }
            // The deadline of the caller is later than the silence limit, so this error is the watch's.
            let outcome = await redis.outcome(RedisCommand("ECHO", "x"), within: .seconds(20))
            #expect(outcome == .failure(.outcomeUnknown(.silent)))
            // The other connection is idle, and found out by its PING.
            try await eventually { !redis.isReady }
            server.resume()
            try await eventually { redis.isReady }
            #expect(try await redis.ask("PING") == .status("PONG"))
        }
    }

    @Test func `a wrong password is one clear line without the password, and no tight loop`() async throws {
        var options = RedisServer.Options()
        options.password = "right"
        let server = try RedisServer(options)
        defer { server.kill() }
        let proxy = try await FaultProxy(to: server.port)
        let logs = CapturedLogs()
        let clock = ContinuousClock()
        let start = clock.now
        var configuration = try RedisConfiguration(url: "redis://127.0.0.1:\(proxy.port)")
        configuration.password = "tres-secret"
        try await withNode(configuration, logs: logs, waitsUntilReady: false) { (redis: RedisNode) async throws in
            try await eventually { redis.lastFailure == .notSent(.greetingRefused(.wrongPassword)) }
            let outcome = await redis.outcome(RedisCommand("PING"))
            #expect(
                outcome == .failure(.notSent(.greetingRefused(.wrongPassword))) || outcome.failure?.hadNoEffect == true
            )
            try await eventually { proxy.accepted > System.coreCount }
            #expect(!redis.isReady)
            // Each connection may try at once, and then once a second.
            let seconds = Double((clock.now - start) / .seconds(1))
            #expect(proxy.accepted <= System.coreCount * (1 + Int(seconds)))
        }
        #expect(logs.lines.map(\.level) == [.error])
        #expect(logs.lines.first?.text.contains("WRONGPASS") == true)
        #expect(!logs.lines.contains { $0.text.contains("secret") })
        try await proxy.stop()
    }

    @Test func `an orderly stop of Redis is an outage like any other`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        try await withNode(RedisConfiguration(url: server.url)) { (redis: RedisNode) async throws in
            server.stop()
            try await eventually { !redis.isReady }
            try server.start()
            try await eventually { redis.isReady }
        }
    }

    @Test func `no password where one is needed`() async throws {
        var options = RedisServer.Options()
        options.password = "right"
        let server = try RedisServer(options)
        defer { server.kill() }
        try await withNode(RedisConfiguration(url: server.url), waitsUntilReady: false) {
            (redis: RedisNode) async throws in
            try await eventually { redis.lastFailure == .notSent(.greetingRefused(.notAuthenticated)) }
        }
    }

    /// `RESET` makes Redis forget who we are, as deleting and making a user again would.
    @Test func `a connection that Redis no longer knows is replaced by one that it does`() async throws {
        var options = RedisServer.Options()
        options.password = "right"
        let server = try RedisServer(options)
        defer { server.kill() }
        var configuration = try RedisConfiguration(url: server.url)
        configuration.password = "right"
        try await withOneLoop { group in
            try await withNode(configuration, eventLoopGroup: group) { (redis: RedisNode) async throws in
                #expect(try await redis.ask("RESET") == .status("RESET"))
                let refused = await redis.onLoop([RedisCommand("GET", "x")], eventLoop: group.next())
                #expect(refused[0].failure?.refusal == .notAuthenticated)
                #expect(try await redis.ask("ECHO", "again").string == "again")
            }
        }
    }

    @Test func `a server that speaks something else is not believed`() async throws {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Impostor())
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        let port = listener.localAddress?.port ?? 0
        let logs = CapturedLogs()
        try await withNode(RedisConfiguration(url: "redis://127.0.0.1:\(port)"), logs: logs, waitsUntilReady: false) {
            (redis: RedisNode) async throws in
            try await eventually { redis.lastFailure == .notSent(.malformedReply) }
        }
        try await listener.close()
        #expect(logs.lines.count == 1)
    }

    @Test func `shutdown finishes what was asked and refuses the rest`() async throws {
        let proxy = try await FaultProxy(to: RedisServer.shared.port)
        let node = RedisNode(
            configuration: try RedisConfiguration(url: "redis://127.0.0.1:\(proxy.port)"),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: CapturedLogs().logger()
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await node.run() }
            try await eventually { node.isReady }
            proxy.mode = .latency(.milliseconds(200))
            let before = proxy.bytes(.toServer)
            async let owed = node.outcome(RedisCommand("ECHO", "owed"), within: .seconds(20))
            try await eventually { proxy.bytes(.toServer) > before }
            group.cancelAll()
            try await eventually { await node.outcome(RedisCommand("PING")) == .failure(.notSent(.draining)) }
            #expect(try await owed.get().string == "owed")
            try await group.waitForAll()
        }
        #expect(!node.isReady)
        try await eventually { proxy.open == 0 }
        try await proxy.stop()
    }

    private final class Impostor: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(NIOAny(ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\n\r\n")), promise: nil)
        }
    }
}

@Suite struct `Faults on the wire` {
    @Test func `a half-closed connection is closed and replaced at once`() async throws {
        try await self.replaces { $0.halfClose() }
    }

    @Test func `a reset connection is replaced at once`() async throws {
        try await self.replaces { $0.reset() }
    }

    @Test func `a black hole is noticed by silence`() async throws {
        try await self.replaces { $0.mode = .blackHole }
    }

    /// The reply of an abandoned command comes later, and must not become the next one's.
    @Test func `a late reply reaches nobody`() async throws {
        let proxy = try await FaultProxy(to: RedisServer.shared.port)
        try await withNode(RedisConfiguration(url: "redis://127.0.0.1:\(proxy.port)")) {
            (redis: RedisNode) async throws in
            proxy.mode = .latency(.milliseconds(120))
            let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
            for round in 0..<3 {
                async let hurried = redis.onLoop(
                    [RedisCommand("ECHO", "hurried")],
                    within: .milliseconds(40),
                    eventLoop: eventLoop
                )
                let patient = await redis.onLoop(
                    [RedisCommand("ECHO", .integer(round))],
                    within: .seconds(20),
                    eventLoop: eventLoop
                )
                #expect(try patient[0].get().integerValue == Int64(round))
                #expect(await hurried[0] == .failure(.outcomeUnknown(.deadlineExceeded)))
            }
        }
        try await proxy.stop()
    }

    @Test func `a cancelled caller leaves at once, and the connection stays`() async throws {
        let proxy = try await FaultProxy(to: RedisServer.shared.port)
        try await withNode(RedisConfiguration(url: "redis://127.0.0.1:\(proxy.port)")) {
            (redis: RedisNode) async throws in
            let accepted = proxy.accepted
            let key = freshKey()
            proxy.mode = .latency(.milliseconds(300))
            let before = proxy.bytes(.toServer)
            await withTaskGroup(of: Result<RESPValue, RedisError>.self) { group in
                group.addTask { await redis.outcome(RedisCommand("INCR", .key(key)), within: .seconds(20)) }
                // Written, so that it may run.
                try? await eventually { proxy.bytes(.toServer) > before }
                group.cancelAll()
                for await outcome in group { #expect(outcome == .failure(.outcomeUnknown(.cancelled))) }
                group.addTask { await redis.outcome(RedisCommand("INCR", .key(key)), within: .seconds(20)) }
                for await outcome in group { #expect(outcome == .failure(.notSent(.cancelled))) }
            }
            proxy.mode = .pass
            try await eventually { try await redis.ask("GET", .key(key)).integerValue == 1 }
            #expect(proxy.accepted == accepted)
        }
        try await proxy.stop()
    }

    @Test func `there is never more than one try in flight`() async throws {
        // Accepts and says nothing: each try lasts until the greeting's limit.
        let proxy = try await FaultProxy(to: RedisServer.shared.port)
        proxy.mode = .blackHole
        var configuration = try RedisConfiguration(url: "redis://127.0.0.1:\(proxy.port)")
        configuration.connectTimeout = .milliseconds(100)
        configuration.tickInterval = .milliseconds(5)
        // Long enough for the proxy to see the end of one try before the next.
        configuration.backOffMinimum = .milliseconds(400)
        try await withOneLoop { group in
            try await withNode(configuration, waitsUntilReady: false, eventLoopGroup: group) {
                (redis: RedisNode) async throws in
                var most = 0
                try await eventually {
                    most = max(most, proxy.open)
                    return proxy.accepted >= 3
                }
                #expect(most == 1)
                #expect(redis.lastFailure == .notSent(.silent))
            }
        }
        try await proxy.stop()
    }

    private func replaces(_ fault: (FaultProxy) -> Void) async throws {
        let proxy = try await FaultProxy(to: RedisServer.shared.port)
        let logs = CapturedLogs()
        let configuration = try RedisConfiguration(url: "redis://127.0.0.1:\(proxy.port)")
        try await withOneLoop { group in
            try await withNode(configuration, logs: logs, eventLoopGroup: group) { (redis: RedisNode) async throws in
                let accepted = proxy.accepted
                fault(proxy)
                // The log and not `isReady`, which may be true again before anyone looks.
                try await eventually("the end is noticed") { logs.lines.contains { $0.level == .warning } }
                proxy.mode = .pass
                try await eventually("it works again") { logs.lines.contains { $0.level == .notice } && redis.isReady }
                #expect(proxy.accepted > accepted)
                #expect(try await redis.ask("ECHO", "again").string == "again")
            }
        }
        try await proxy.stop()
    }
}
