import Coordination
import Logging
import RESP
import Redis
import Support
import Synchronization
import Testing

struct OutboxDeliveryTests {
    /// Runs a delivery until `condition` holds.
    private func deliver(
        _ fixture: OutboxFixture,
        _ change: (inout OutboxMachine.Configuration) -> Void = { _ in },
        send: @escaping OutboxDelivery.Send,
        until condition: @Sendable () async throws -> Bool
    ) async throws {
        var configuration = OutboxMachine.Configuration()
        configuration.firstBackoff = .milliseconds(50)
        change(&configuration)
        let delivery = OutboxDelivery(
            fixture.outbox,
            name: "test",
            clock: fixture.clock,
            configuration: configuration,
            pollInterval: .milliseconds(10),
            logger: fixture.logs.logger(),
            send: send
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await delivery.run() }
            defer { group.cancelAll() }
            try await eventually { try await condition() }
        }
    }

    @Test func `messages of several streams reach their endpoints in order and leave their own streams`() async throws {
        try await OutboxFixture.with(streams: 3) { fixture in
            for number in 1...60 {
                try await fixture.add(
                    to: fixture.outbox.streams[number % 3],
                    id: "\(number)-0",
                    endpoint: number % 2 == 0 ? "even" : "odd",
                    key: "\(number)"
                )
            }
            let keys = Mutex<[String: [Int]]>([:])
            try await self.deliver(fixture) { message in
                keys.withLock { $0[message.endpoint, default: []].append(Int(message.idempotencyKey) ?? 0) }
                return .delivered
            } until: {
                try await fixture.all().isEmpty
            }
            #expect(keys.withLock { $0["even"] } == (1...30).map { $0 * 2 })
            #expect(keys.withLock { $0["odd"] } == (1...30).map { $0 * 2 - 1 })
        }
    }

    @Test func `what is refused lies among the dead letters of its own stream`() async throws {
        try await OutboxFixture.with(streams: 3) { fixture in
            for stream in fixture.outbox.streams {
                for number in 1...4 { try await fixture.add(to: stream, id: "\(number)-0", endpoint: stream.key) }
            }
            let bad = fixture.outbox.streams[1]
            try await self.deliver(fixture) { message in
                message.stream == bad ? .refused(reason: "status 400") : .delivered
            } until: {
                try await fixture.all().isEmpty
            }
            let letters = try await fixture.outbox.deadLetters(after: nil, limit: 100)
            #expect(letters.map(\.message.endpoint) == Array(repeating: bad.key, count: 4))
            #expect(letters.allSatisfy { $0.message.stream == bad && $0.reason == "status 400" })
            let dead = try await fixture.node.send(RedisCommand("XLEN", .key(bad.deadKey)))
            #expect(dead.integerValue == 4)
        }
    }

    @Test func `a small backlog limit holds over all streams and nothing is left behind`() async throws {
        try await OutboxFixture.with(streams: 5) { fixture in
            for stream in fixture.outbox.streams {
                for number in 1...12 { try await fixture.add(to: stream, endpoint: "e\(number % 4)") }
            }
            let count = Mutex(0)
            try await self.deliver(fixture) {
                $0.messageLimit = 3
            } send: { _ in
                count.withLock { $0 += 1 }
                return .delivered
            } until: {
                try await fixture.all().isEmpty
            }
            #expect(count.withLock { $0 } == 60)
        }
    }

    @Test(arguments: [1, 8])
    func `an endpoint has as many tries at once as its lane may have`(concurrency: Int) async throws {
        try await OutboxFixture.with(streams: 2) { fixture in
            for number in 0..<40 { try await fixture.add(to: fixture.outbox.streams[number % 2], endpoint: "a") }
            let underWay = Mutex((now: 0, most: 0, ended: 0))
            try await self.deliver(fixture) {
                $0.laneConcurrency = concurrency
            } send: { _ in
                underWay.withLock { counts in
                    counts.now += 1
                    counts.most = max(counts.most, counts.now)
                }
                // The first ones wait for each other: if they could not be under way together, this would not end.
                try? await eventually { underWay.withLock { $0.ended > 0 || $0.now == concurrency } }
                underWay.withLock { counts in
                    counts.now -= 1
                    counts.ended += 1
                }
                return .delivered
            } until: {
                try await fixture.all().isEmpty
            }
            #expect(underWay.withLock { $0.most } == concurrency)
            #expect(underWay.withLock { $0.ended } == 40)
        }
    }

    @Test func `a message that keeps failing does not hold up the others of its endpoint`() async throws {
        try await OutboxFixture.with(streams: 2) { fixture in
            try await fixture.add(to: fixture.outbox.streams[0], endpoint: "a", key: "poison")
            for number in 0..<30 {
                try await fixture.add(to: fixture.outbox.streams[number % 2], endpoint: "a", key: "\(number)")
            }
            let isPoison = Mutex(true)
            let tries = Mutex(0)
            try await self.deliver(fixture) {
                $0.laneConcurrency = 4
            } send: { message in
                guard message.idempotencyKey == "poison", isPoison.withLock({ $0 }) else { return .delivered }
                tries.withLock { $0 += 1 }
                return .retry(reason: "status 500", after: nil)
            } until: {
                let left = try await fixture.all().map(\.idempotencyKey)
                if left == ["poison"], tries.withLock({ $0 }) > 1 { isPoison.withLock { $0 = false } }
                return left.isEmpty
            }
            #expect(try await fixture.outbox.deadLetters(after: nil, limit: 10).isEmpty)
        }
    }
}
