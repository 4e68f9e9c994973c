import Coordination
import Ledger
import RESP
import Redis
import Support
import Testing

/// Records that Redis no longer has: taken by a failover, or damaged.
struct FailoverTests {
    private static let holder = "s00-holder"

    /// Lets an add wait behind another operation, takes its record away, and tells how it ends.
    private func endOfLostAdd(
        _ fixture: LedgerFixture,
        _ user: String,
        meanwhile: () async throws -> Void = {}
    ) async throws -> LedgerError? {
        let account = fixture.account(user)
        let keys = fixture.ledger.lockKeys(account)
        let isTaken = try await fixture.lock().take(keys, operation: Self.holder, order: 0) == .taken(token: 1)
        try #require(isTaken)
        let order = fixture.order(account, 1, key: "k-\(user)")
        return try await withThrowingTaskGroup(of: LedgerError?.self) { group in
            group.addTask {
                do throws(LedgerError) { _ = try await fixture.queue.add(order, .local) } catch { return error }
                return nil
            }
            var operations: [String] = []
            try await eventually("the add waits") {
                let waiting = RedisCommand("ZRANGE", .key(keys.waiters), 0, -1)
                operations = (try await fixture.node.send(waiting, within: nil).array ?? []).compactMap(\.string)
                    .filter { $0 != Self.holder }
                return !operations.isEmpty
            }
            let record = LedgerKeys.operation(account.shard, id: try #require(operations.first))
            try await meanwhile()
            _ = try await fixture.node.send(RedisCommand("DEL", .key(record)), within: nil)
            return try await group.next() ?? nil
        }
    }

    @Test func `a waiting add that a failover took is to be repeated, and one that is gone otherwise is damage`()
        async throws
    {
        try await LedgerFixture.with { fixture in
            let damaged = try await self.endOfLostAdd(fixture, "alice")
            #expect(damaged == .storeInconsistent)
            let lost = try await self.endOfLostAdd(fixture, "bob") {
                // A promotion gives a primary another history of changes like this.
                _ = try await fixture.node.send(RedisCommand("DEBUG", "CHANGE-REPL-ID"), within: nil)
            }
            #expect(lost == .store(.outcomeUnknown(.demoted)))
        }
    }

    @Test func `a primary's history is known, and another one is noticed`() async throws {
        #expect(StoreGuard.history("role:master\r\nmaster_replid:0a1b\r\n") == "0a1b")
        #expect(StoreGuard.history("role:slave\r\nmaster_replid:0a1b\r\n") == nil)
        #expect(StoreGuard.history("") == nil)
        try await LedgerFixture.with { fixture in
            #expect(await fixture.guardian.isSettled())
            _ = try await fixture.node.send(RedisCommand("DEBUG", "CHANGE-REPL-ID"), within: nil)
            #expect(await !fixture.guardian.isSettled())
        }
    }
}
