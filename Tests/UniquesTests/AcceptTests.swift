import Coordination
import RESP
import Redis
import Support
import Testing
import Uniques

struct AcceptTests {
    /// The script and a set of the model's own must agree on every id, in every exact store.
    @Test(arguments: Seed.cases(6), [UniquesConfiguration.Store.setnx, .set])
    func `an id is new to its window once`(seed: Seed, store: UniquesConfiguration.Store) async throws {
        try await UniquesFixture.with(
            settings { configuration in
                configuration.store = store
                configuration.shards = 7
                configuration.batchLimit = 5
            }
        ) { fixture in
            var random = seed.random
            var model: Set<Int64> = []
            for _ in 0..<20 {
                let ids = (0..<Int.random(in: 1...20, using: &random)).map { _ in
                    [
                        Int64.random(in: -5...30, using: &random), .min, .max,
                        Int64.random(in: .min ... .max, using: &random),
                    ]
                    .randomElement(using: &random)!
                }
                let new = try await withThrowingTaskGroup(of: (Int64, Bool).self) { group in
                    for id in ids {
                        group.addTask {
                            guard case .taken(let isNew, _) = try await fixture.lanes.accept(id) else {
                                return (id, false)
                            }
                            return (id, isNew)
                        }
                    }
                    return try await group.reduce(into: [Int64]()) { if $1.1 { $0.append($1.0) } }
                }
                #expect(Set(new) == Set(ids).subtracting(model))
                #expect(Set(new).count == new.count)
                model.formUnion(ids)
            }
            let page = try await fixture.counts.page(from: nil, to: nil)
            #expect(page.counts.reduce(0) { $0 + $1.uniqueCount } == Int64(model.count))
        }
    }

    @Test func `a sketch counts about right and says that it is approximate`() async throws {
        try await UniquesFixture.with(settings { $0.store = .hll }) { fixture in
            for id in 0..<Int64(2000) { _ = try await fixture.lanes.accept(id % 1000) }
            let page = try await fixture.counts.page(from: nil, to: nil)
            let count = try #require(page.counts.last)
            #expect((950...1050).contains(count.uniqueCount))
            #expect(page.json.contains("\"approximate\":true"))
        }
    }

    @Test(arguments: [Duration.seconds(-40), .seconds(40), .seconds(-7200), .seconds(7200)])
    func `an instance that is wrong about the time counts in Redis's window`(skew: Duration) async throws {
        try await UniquesFixture.with(skew: skew, settings { $0.window = .seconds(10) }) { fixture in
            for id in 0..<Int64(50) {
                let before = try await Self.redisTime(fixture)
                let outcome = try await fixture.lanes.accept(id)
                let after = try await Self.redisTime(fixture)
                guard case .taken(let isNew, let window) = outcome else {
                    Issue.record("\(outcome)")
                    continue
                }
                #expect(isNew)
                #expect(window >= before.windowStart(lengthMilliseconds: 10_000))
                #expect(window <= after.windowStart(lengthMilliseconds: 10_000))
            }
        }
    }

    @Test func `a closed window takes nothing, and the id goes to the window that is open`() async throws {
        try await UniquesFixture.with(settings { $0.window = .seconds(3600) }) { fixture in
            let now = try #require(fixture.clock.now)
            let window = now.windowStart(lengthMilliseconds: 3_600_000)
            _ = try await fixture.lanes.accept(1)
            _ = try await fixture.node.send(RedisCommand("SET", .key(UniquesKeys.closed(window)), "1"))
            // No window of this length is open now, so the id cannot be taken, and nothing may be counted.
            guard case .failed = try await fixture.lanes.accept(2) else {
                Issue.record("a closed window took an id")
                return
            }
            let count = try await fixture.node.send(RedisCommand("GET", .key(UniquesKeys.count(window))))
            #expect(count.integerValue == 1)
        }
    }

    @Test func `without Redis an id fails within its deadline, and works again when Redis is back`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        try await UniquesFixture.with(server: server, settings { $0.deadline = .milliseconds(500) }) { fixture in
            server.kill()
            try await eventually { if case .failed = try await fixture.lanes.accept(1) { true } else { false } }
            try server.start()
            try await eventually { if case .taken = try await fixture.lanes.accept(1) { true } else { false } }
        }
    }

    @Test func `keys of ids go soon after their window and counts stay`() async throws {
        try await UniquesFixture.with(settings { $0.window = .seconds(60) }) { fixture in
            guard case .taken(_, let window) = try await fixture.lanes.accept(5) else { return }
            let id = try await fixture.node.send(RedisCommand("PEXPIRETIME", .key(UniquesKeys.idPrefix(window) + "5")))
            let count = try await fixture.node.send(RedisCommand("PEXPIRETIME", .key(UniquesKeys.count(window))))
            let end = window.milliseconds + 60_000
            #expect(id.integerValue == end + 3000)
            #expect(count.integerValue == end + 7 * 86_400_000)
        }
    }

    private static func redisTime(_ fixture: UniquesFixture) async throws -> ServerTime {
        let parts = try #require(try await fixture.node.send(RedisCommand("TIME")).array)
        let (seconds, micros) = (try #require(parts[0].integerValue), try #require(parts[1].integerValue))
        return ServerTime(milliseconds: seconds * 1000 + micros / 1000)
    }
}
