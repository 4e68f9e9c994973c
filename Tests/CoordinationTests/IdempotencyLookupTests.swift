import Coordination
import RESP
import Redis
import Support
import Synchronization
import Testing

/// The result of looking for an idempotency key, and its cost for Redis.
struct IdempotencyLookupTests {
    private static let now = ServerTime(milliseconds: 1_000_000)

    private func add(_ fixture: WorkQueueFixture, _ key: String, _ request: String, _ value: String) async throws {
        _ = try await fixture.node.send(RedisCommand("HSET", .key(key), .text(request), .text(value)), within: nil)
    }

    @Test func `a key that nobody has used costs one command`() async throws {
        try await WorkQueueFixture.with { fixture in
            let counting = CountingRedis(redis: fixture.node)
            let lookup = IdempotencyLookup(redis: counting) { "tally:{faucet}:idempotency:\($0)" }
            let records = try await lookup.records(caller: "shop", key: "k", at: Self.now)
            #expect(records == [])
            #expect(counting.writes.withLock { $0 } == [1])
        }
    }

    @Test(arguments: Seed.cases(12))
    func `every record of a key is found, wherever it lies, and few places are asked`(seed: Seed) async throws {
        try await WorkQueueFixture.with { fixture in
            var random = seed.random
            let digest = IdempotencyClaim.digest(caller: "shop", key: "k")
            let places =
                Shard.all.map { ShardKeys.idempotency($0, digest: digest) } + ["tally:{faucet}:idempotency:\(digest)"]
            for count in [1, 1, 2, 5, 65] {
                _ = try await fixture.node.send(RedisCommand("FLUSHALL"), within: nil)
                let chosen = places.shuffled(using: &random).prefix(count)
                for (number, place) in chosen.enumerated() {
                    try await self.add(fixture, place, "POST /p/\(number)", "2000000 f \(number == 0 ? 0 : 200) x")
                    try await self.add(fixture, place, "POST /old/\(number)", "999999 f 200 x")
                }
                let counting = CountingRedis(redis: fixture.node)
                let lookup = IdempotencyLookup(redis: counting) { "tally:{faucet}:idempotency:\($0)" }
                let records = try await lookup.records(caller: "shop", key: "k", at: Self.now)
                #expect(records.map(\.path) == (0..<count).map { "/p/\($0)" }.sorted())
                #expect(records.filter { $0.status == nil }.map(\.path) == ["/p/0"])
                let commands = counting.writes.withLock { $0 }.reduce(0, +)
                #expect(commands <= (count == 1 ? 15 : 2 * 65 + 1), "\(count): \(commands)")
                #expect(count != 65 || commands == 66)
            }
        }
    }
}
