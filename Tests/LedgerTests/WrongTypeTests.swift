import Coordination
import Ledger
import RESP
import Redis
import Support
import Testing

/// A key of a wrong type, at every position of every script that changes money: an error, and nothing changes.
struct WrongTypeTests {
    @Test func `an add leaves everything as it was`() async throws {
        try await LedgerFixture.with { fixture in
            for key in self.keys(fixture) {
                try await self.damage(fixture, key)
                try await self.expectNothing(fixture, key) {
                    try await fixture.add("gopal", 5, key: "k", reference: "r")
                }
            }
        }
    }

    @Test func `an add that has to wait leaves everything as it was`() async throws {
        try await LedgerFixture.with { fixture in
            let account = fixture.account("gopal")
            for key in self.keys(fixture) + [LedgerKeys.due(account.shard)] where key != LedgerKeys.lock(account) {
                _ = try await fixture.node.send(RedisCommand("FLUSHALL"), within: nil)
                _ = try await fixture.lock().take(fixture.lockKeys("gopal"), operation: "payment", order: 0)
                try await self.spoil(fixture, key)
                try await self.expectNothing(fixture, key) {
                    try await fixture.add("gopal", 5, key: "k", reference: "r")
                }
            }
        }
    }

    @Test func `settling leaves everything as it was`() async throws {
        var configuration = LedgerConfiguration()
        configuration.queueWait = .zero
        try await LedgerFixture.with(configuration) { fixture in
            let account = fixture.account("gopal")
            let shared = [
                LedgerKeys.due(account.shard), ShardKeys.wake(account.shard), ShardKeys.woken(account.shard),
                "operation",
            ]
            for key in self.keys(fixture) + shared {
                _ = try await fixture.node.send(RedisCommand("FLUSHALL"), within: nil)
                let lock = fixture.lockKeys("gopal")
                _ = try await fixture.lock().take(lock, operation: "payment", order: 0)
                let order = fixture.order(account, 5, key: "k", reference: "r")
                let operation = try #require(try await fixture.queue.add(order, .local).operation)
                try await fixture.lock().release(lock, operation: "payment")
                let name = key == "operation" ? LedgerKeys.operation(account.shard, id: operation) : key
                try await self.spoil(fixture, name)
                try await self.expectNothing(fixture, name) {
                    try await fixture.ledger.settle(account, operation: operation, accepts: true, .local)
                }
            }
        }
    }

    @Test func `taking, renewing and releasing a lock leaves everything as it was`() async throws {
        try await LedgerFixture.with { fixture in
            let keys = fixture.lockKeys("gopal")
            for key in [keys.lock, keys.account, keys.waiters, keys.wake, keys.woken] {
                _ = try await fixture.node.send(RedisCommand("FLUSHALL"), within: nil)
                _ = try await fixture.lock().take(keys, operation: "one", order: 0)
                _ = try await fixture.lock().take(keys, operation: "two", order: 1)
                try await self.spoil(fixture, key)
                let before = try await fixture.everything()
                if key != keys.wake {
                    await #expect(throws: RedisError.self, "\(key)") {
                        try await fixture.lock().take(keys, operation: "three", order: 2)
                    }
                }
                if key != keys.account {
                    await #expect(throws: RedisError.self, "\(key)") {
                        try await fixture.lock().release(keys, operation: "one")
                    }
                }
                #expect(try await fixture.everything() == before, "\(key)")
            }
        }
    }

    private func keys(_ fixture: LedgerFixture) -> [String] {
        let account = fixture.account("gopal")
        return [
            LedgerKeys.account(account), LedgerKeys.entries(account), LedgerKeys.lock(account),
            LedgerKeys.waiters(account), LedgerKeys.world(account.shard, .usd), LedgerKeys.references(account),
            ShardKeys.idempotency(account.shard, digest: IdempotencyClaim.digest(caller: "test", key: "k")),
        ]
    }

    private func damage(_ fixture: LedgerFixture, _ key: String) async throws {
        _ = try await fixture.node.send(RedisCommand("FLUSHALL"), within: nil)
        try await fixture.add("gopal", 5, key: "other")
        try await self.spoil(fixture, key)
    }

    private func spoil(_ fixture: LedgerFixture, _ key: String) async throws {
        _ = try await fixture.node.send(RedisCommand("DEL", .key(key)), within: nil)
        // No key of ours is a HyperLogLog's string of this content, nor, for the lock, a set.
        let command =
            key.contains(":lock:") ? RedisCommand("SADD", .key(key), "x") : RedisCommand("SET", .key(key), "x")
        _ = try await fixture.node.send(command, within: nil)
    }

    private func expectNothing<Answer>(
        _ fixture: LedgerFixture,
        _ key: String,
        _ body: () async throws -> Answer
    ) async throws {
        let before = try await fixture.everything()
        await #expect(throws: LedgerError.self, "\(key)") { _ = try await body() }
        #expect(try await fixture.everything() == before, "\(key)")
    }
}
