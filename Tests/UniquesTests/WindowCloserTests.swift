import Coordination
import Outbound
import RESP
import Redis
import Support
import Synchronization
import Testing
import Uniques

struct WindowCloserTests {
    private static func short(_ configuration: inout UniquesConfiguration) {
        configuration.window = .seconds(1)
        configuration.grace = .milliseconds(100)
        configuration.outbox.firstBackoff = .milliseconds(50)
    }

    @Test func `several closers publish each window once, and the sum is what was acknowledged`() async throws {
        try await UniquesFixture.with(settings(Self.short)) { fixture in
            let acked = Mutex<Set<String>>([])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<3 { group.addTask { try await fixture.closer(owner: "c\(number)").run() } }
                group.addTask {
                    // A fourth that is taken away again and again, in the middle of whatever it does.
                    while !Task.isCancelled {
                        let fourth = fixture.closer(owner: "c4-\(UInt64.random(in: 0...9999))")
                        await withTaskGroup { inner in
                            inner.addTask { try? await fourth.run() }
                            try? await Task.sleep(for: .milliseconds(700))
                            inner.cancelAll()
                        }
                    }
                }
                for round in 0..<70 {
                    for id in 0..<Int64(8) {
                        if case .taken(_, let window) = try await fixture.lanes.accept(id + Int64(round % 3)) {
                            acked.withLock { _ = $0.insert("\(window.milliseconds)-\(id + Int64(round % 3))") }
                        }
                    }
                    try await Task.sleep(for: .milliseconds(50))
                }
                let last = acked.withLock { $0.compactMap { Int64($0.split(separator: "-")[0]) }.max() } ?? 0
                try await eventually {
                    try await fixture.published().last.map { $0.window.milliseconds >= last } ?? false
                }
                group.cancelAll()
            }
            let published = try await fixture.published()
            let windows = published.map(\.window.milliseconds)
            #expect(windows == windows.sorted())
            #expect(Set(windows).count == windows.count)
            var expected: [Int64: Int64] = [:]
            for pair in acked.withLock({ $0 }) { expected[Int64(pair.split(separator: "-")[0])!, default: 0] += 1 }
            for count in published { #expect(count.uniqueCount == expected[count.window.milliseconds] ?? 0) }
            #expect(expected.keys.allSatisfy { windows.contains($0) })
            let lines = fixture.logs.lines.filter { $0.message.hasPrefix("Unique request count in the last minute: ") }
            #expect(lines.count >= published.count)
        }
    }

    @Test func `a window without requests is reported as 0 while the service runs`() async throws {
        try await UniquesFixture.with(settings(Self.short)) { fixture in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await WindowOpener(
                        redis: fixture.node,
                        clock: fixture.clock,
                        configuration: fixture.configuration,
                        logger: fixture.logs.logger()
                    ).run()
                }
                group.addTask { try await fixture.closer(owner: "c").run() }
                try await eventually { try await fixture.published().count >= 3 }
                group.cancelAll()
            }
            let published = try await fixture.published()
            #expect(published.allSatisfy { $0.uniqueCount == 0 && $0.state == .closed })
            for (one, next) in zip(published, published.dropFirst()) {
                #expect(next.window.milliseconds - one.window.milliseconds == 1000)
            }
        }
    }

    @Test func `windows that ended while no worker ran are closed later with their counts`() async throws {
        try await UniquesFixture.with(settings(Self.short)) { fixture in
            var windows: Set<Int64> = []
            while windows.count < 3 {
                if case .taken(_, let window) = try await fixture.lanes.accept(1) {
                    windows.insert(window.milliseconds)
                }
                try await Task.sleep(for: .milliseconds(100))
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await fixture.closer(owner: "late").run() }
                try await eventually { try await fixture.published().count >= 3 }
                group.cancelAll()
            }
            let published = try await fixture.published()
            #expect(Set(published.prefix(3).map(\.window.milliseconds)) == windows)
            #expect(published.prefix(3).allSatisfy { $0.uniqueCount == 1 })
        }
    }

    /// A failover that loses the count of tokens gives the next holder the same one.
    @Test(arguments: [["token", "999999"], ["owner", "thief"], ["owner", "thief", "token", "999999"]])
    func `a closer that lost its lease unnoticed is fenced and publishes nothing`(theft: [String]) async throws {
        try await UniquesFixture.with(settings(Self.short)) { fixture in
            let steals = Mutex(0)
            let node = fixture.node
            // Another process takes the lease over between this closer's close and its publish, every time.
            let interrupted = InterruptedRedis(redis: node, script: "uniques_publish") {
                _ = try? await node.send(RedisCommand("HSET", [.key(UniquesKeys.lease)] + theft.map { .text($0) }))
                steals.withLock { $0 += 1 }
            }
            _ = try await fixture.lanes.accept(1)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await fixture.closer(owner: "slow", redis: interrupted).run() }
                try await eventually { steals.withLock { $0 } >= 1 }
                // Long enough for what follows a publish to have followed.
                try await eventually { fixture.logs.lines.contains { $0.message == "Closing windows is held up" } }
                group.cancelAll()
            }
            #expect(try await fixture.published().isEmpty)
            #expect(!fixture.logs.lines.contains { $0.message.hasPrefix("Unique request count") })
        }
    }

    @Test func `reports reach each endpoint in order of windows, with one key each, through failures`() async throws {
        try await UniquesFixture.with(
            settings { configuration in
                Self.short(&configuration)
                configuration.reportEndpoints = ["http://a.example/x?y=1", "http://b.example/"]
                    .compactMap { try? Endpoint(trusted: $0) }
            }
        ) { fixture in
            let tries = Mutex<[OutboxMessage]>([])
            let delivered = Mutex<[OutboxMessage]>([])
            let send: OutboxDelivery.Send = { message in
                let number = tries.withLock { tries in
                    tries.append(message)
                    return tries.count
                }
                if number % 3 != 0 { return .retry(reason: "away", after: nil) }
                delivered.withLock { $0.append(message) }
                return .delivered
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await fixture.closer(owner: "c", send: send).run() }
                group.addTask {
                    while !Task.isCancelled {
                        _ = try await fixture.lanes.accept(Int64.random(in: 0...5))
                        try await Task.sleep(for: .milliseconds(100))
                    }
                }
                try await eventually { delivered.withLock { $0.count } >= 6 }
                group.cancelAll()
                do { try await group.waitForAll() } catch is CancellationError {}
            }
            for endpoint in fixture.configuration.reportEndpoints {
                let keys = delivered.withLock { $0 }.filter { $0.endpoint == endpoint.text }.map(\.idempotencyKey)
                #expect(!keys.isEmpty)
                #expect(keys == keys.sorted())
                #expect(Set(keys).count == keys.count)
            }
            let bodies = Dictionary(grouping: tries.withLock { $0 }, by: \.idempotencyKey)
            #expect(bodies.values.allSatisfy { Set($0.map(\.body)).count == 1 })
        }
    }

    @Test func `a report that is refused becomes a dead letter and can be replayed`() async throws {
        try await UniquesFixture.with(
            settings { configuration in
                Self.short(&configuration)
                configuration.reportEndpoints = [try? Endpoint(trusted: "http://a.example/")].compactMap { $0 }
            }
        ) { fixture in
            let outbox = Outbox(key: UniquesKeys.outbox, deadKey: UniquesKeys.dead, redis: fixture.node)
            let isRefusing = Mutex(true)
            let delivered = Mutex<[OutboxMessage]>([])
            let send: OutboxDelivery.Send = { message in
                if isRefusing.withLock({ $0 }) { return .refused(reason: "status 404") }
                delivered.withLock { $0.append(message) }
                return .delivered
            }
            _ = try await fixture.lanes.accept(1)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await fixture.closer(owner: "c", send: send).run() }
                try await eventually { try await !outbox.deadLetters(after: nil, limit: 10).isEmpty }
                isRefusing.withLock { $0 = false }
                let letter = try #require(try await outbox.deadLetters(after: nil, limit: 10).first)
                #expect(letter.reason == "status 404")
                #expect(try await outbox.replay(letter))
                #expect(try await !outbox.replay(letter))
                try await eventually {
                    delivered.withLock { $0 }.contains { $0.idempotencyKey == letter.message.idempotencyKey }
                }
                group.cancelAll()
            }
        }
    }

    @Test func `counts are listed by page, closed ones first`() async throws {
        try await UniquesFixture.with(settings { $0.window = .seconds(1) }) { fixture in
            let base = try #require(fixture.clock.now).milliseconds / 1000 * 1000 - 3_000_000
            let commands = (0..<Int64(1500)).map { number in
                let start = base + number * 1000
                return RedisCommand(
                    "XADD",
                    .key(UniquesKeys.counts),
                    .text("\(start)-0"),
                    "minute",
                    .text(ServerTime(milliseconds: start).rfc3339),
                    "unique_count",
                    .integer(Int(number))
                )
            }
            for result in await fixture.node.send(commands) { _ = try result.get() }
            let from = ServerTime(milliseconds: base)
            let first = try await fixture.counts.page(from: from, to: nil)
            #expect(first.counts.map(\.uniqueCount) == Array(0..<1000))
            let next = try #require(first.next)
            #expect(next.hasPrefix("/api/uniques?from="))
            let start = try #require(ServerTime(rfc3339: String(next.dropFirst(18).prefix(20))))
            let second = try await fixture.counts.page(from: start, to: nil)
            #expect(second.counts.map(\.uniqueCount) == Array(1000..<1500))
            #expect(second.next == nil)
            await #expect(throws: UniquesError.rangeInvalid) {
                try await fixture.counts.page(from: from, to: from.advanced(byMilliseconds: -1000))
            }
        }
    }
}
