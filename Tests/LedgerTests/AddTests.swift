import Coordination
import Ledger
import RESP
import Redis
import Support
import Testing

struct AddTests {
    @Test func `an add is an entry, a balance and a link of the chain`() async throws {
        try await LedgerFixture.with { fixture in
            #expect(try await fixture.balance("gopal") == Ledger.Balance(amount: Money(minorUnits: 0), sequence: 0))
            let first = try #require(try await fixture.add("gopal", 50_000).entry)
            let second = try #require(try await fixture.add("gopal", 1, reference: "INV-1").entry)
            #expect(first.sequence == 1 && first.balance.minorUnits == 50_000 && first.token == 1)
            #expect(second.sequence == 2 && second.balance.minorUnits == 50_001 && second.token == 2)
            #expect(second.created >= first.created && second.reference == "INV-1")
            #expect(first.chain == Entry.chain(after: "gopal/USD", body: first.body))
            #expect(second.chain == Entry.chain(after: first.chain, body: second.body))
            #expect(
                try await fixture.balance("gopal") == Ledger.Balance(amount: Money(minorUnits: 50_001), sequence: 2)
            )
            #expect(try await fixture.entries("gopal") == [first, second])
        }
    }

    @Test func `a hundred requests at once with one key are one add and one answer`() async throws {
        try await LedgerFixture.with { fixture in
            let results = try await withThrowingTaskGroup(of: AddResult.self) { group in
                for _ in 0..<100 { group.addTask { try await fixture.add("gopal", 500, key: "k") } }
                return try await group.reduce(into: [AddResult]()) { $0.append($1) }
            }
            #expect(Set(results.map(\.outcome)).count == 1)
            #expect(results.filter { !$0.isReplay }.count == 1)
            #expect(try await fixture.balance("gopal").sequence == 1)
        }
    }

    @Test func `a key belongs to one request of one path`() async throws {
        try await LedgerFixture.with { fixture in
            try await fixture.add("gopal", 500, key: "k")
            await #expect(throws: LedgerError.idempotencyKeyReused) { try await fixture.add("gopal", 501, key: "k") }
            await #expect(throws: LedgerError.idempotencyKeyReused) {
                try await fixture.add("gopal", 500, key: "k", reference: "r")
            }
            // 40 other users: some of them in the same shard.
            for number in 0..<40 { #expect(try await fixture.add("u\(number)", 500, key: "k").isReplay == false) }
            #expect(try await fixture.balance("gopal").amount.minorUnits == 500)
        }
    }

    @Test func `a key is new again when its time is over`() async throws {
        var configuration = LedgerConfiguration()
        configuration.idempotencyKeep = .milliseconds(30)
        try await LedgerFixture.with(configuration) { fixture in
            try await fixture.add("gopal", 500, key: "k")
            try await eventually { try await fixture.add("gopal", 500, key: "k").isReplay == false }
            #expect(try await fixture.balance("gopal").sequence == 2)
        }
    }

    @Test func `a refusal is kept under its key`() async throws {
        try await LedgerFixture.with { fixture in
            let refused = try await fixture.add("gopal", 500, key: "k", .init(match: .sequences([7])))
            #expect(refused.refusal == Refusal(reason: .preconditionFailed, detail: "0", requestID: "request-k"))
            try await fixture.add("gopal", 500)
            let again = try await fixture.add("gopal", 500, key: "k", .init(match: .sequences([7])))
            #expect(again.isReplay && again.outcome == refused.outcome)
            #expect(try await fixture.balance("gopal").sequence == 1)
        }
    }

    @Test func `If-Match lets one of many through`() async throws {
        try await LedgerFixture.with { fixture in
            #expect(try await fixture.add("gopal", 1, .init(match: .any)).refusal?.reason == .preconditionFailed)
            try await fixture.add("gopal", 1)
            let results = try await withThrowingTaskGroup(of: AddResult.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await fixture.add("gopal", 10, .init(match: .sequences([5, 1]))) }
                }
                return try await group.reduce(into: [AddResult]()) { $0.append($1) }
            }
            #expect(results.filter { $0.entry != nil }.count == 1)
            #expect(results.compactMap(\.refusal).allSatisfy { $0.detail == "2" })
            #expect(try await fixture.add("gopal", 1, .init(match: .any)).entry?.sequence == 3)
        }
    }

    @Test func `a reference is taken for ever, also without a key`() async throws {
        try await LedgerFixture.with { fixture in
            try await fixture.add("gopal", 5, reference: "a b:*{}".replacing(" ", with: "_"))
            let second = try await fixture.add("gopal", 5, reference: "a_b:*{}")
            #expect(second.refusal == Refusal(reason: .duplicateReference, detail: "gopal.1", requestID: "request-0"))
            #expect(try await fixture.add("other", 5, reference: "a_b:*{}").entry != nil)
            #expect(try await fixture.balance("gopal").sequence == 1)
        }
    }

    @Test func `a balance stops before doubles stop being exact`() async throws {
        try await LedgerFixture.with { fixture in
            let account = fixture.account("gopal")
            let limit = Money.largestBalance.minorUnits
            try await fixture.add("gopal", 1)
            for (key, balance) in [
                (LedgerKeys.account(account), limit - 10), (LedgerKeys.world(account.shard, .usd), 10 - limit),
            ] {
                _ = try await fixture.node.send(
                    RedisCommand("HSET", .key(key), "balance", .integer(Int(balance))),
                    within: nil
                )
            }
            #expect(try await fixture.add("gopal", 11).refusal?.reason == .balanceOverflow)
            #expect(try await fixture.add("gopal", 10).entry?.balance.minorUnits == limit)
            #expect(try await fixture.add("gopal", 1).refusal?.reason == .balanceOverflow)
            #expect(try await fixture.balance("gopal").amount == Money.largestBalance)
        }
    }

    @Test func `each shard sums to nothing`() async throws {
        try await LedgerFixture.with { fixture in
            var sums: [String: Int64] = [:]
            for number in 0..<200 {
                let account = fixture.account("user-\(number)")
                try await fixture.add("user-\(number)", Int64(number + 1))
                sums[LedgerKeys.world(account.shard, .usd), default: 0] -= Int64(number + 1)
            }
            #expect(sums.count > 50)
            for (key, sum) in sums {
                let reply = try await fixture.node.send(RedisCommand("HGET", .key(key), "balance"), within: nil)
                #expect(reply.integerValue == sum)
            }
        }
    }

    @Test func `a Redis that is full refuses and changes nothing`() async throws {
        try await LedgerFixture.with { fixture in
            try await fixture.add("gopal", 5, key: "k")
            let before = try await fixture.everything()
            _ = try await fixture.node.send(RedisCommand("CONFIG", "SET", "maxmemory", "1"), within: nil)
            for key in [nil, "k", "new"] as [String?] {
                await #expect(throws: LedgerError.self) { try await fixture.add("gopal", 5, key: key) }
            }
            _ = try await fixture.node.send(RedisCommand("CONFIG", "SET", "maxmemory", "0"), within: nil)
            #expect(try await fixture.everything() == before)
            #expect(try await fixture.add("gopal", 5, key: "k").isReplay)
            #expect(try await fixture.add("gopal", 5, key: "new").entry?.sequence == 2)
        }
    }

    @Test func `a Redis that may lose or evict gets no money`() async throws {
        try await LedgerFixture.with { fixture in
            for (name, bad, good) in [
                ("appendfsync", "everysec", "always"), ("maxmemory-policy", "allkeys-lru", "noeviction"),
                ("appendonly", "no", "yes"),
            ] {
                _ = try await fixture.node.send(RedisCommand("CONFIG", "SET", .text(name), .text(bad)), within: nil)
                await fixture.guardian.check()
                await #expect(throws: LedgerError.storeUnsafe) { try await fixture.add("gopal", 5) }
                _ = try await fixture.node.send(RedisCommand("CONFIG", "SET", .text(name), .text(good)), within: nil)
                await fixture.guardian.check()
            }
            #expect(try await fixture.add("gopal", 5).entry?.sequence == 1)
            #expect(fixture.logs.lines.contains { $0.text.contains("not set up to keep money") })
        }
    }

    @Test func `damaged books are an error and stay as they are`() async throws {
        try await LedgerFixture.with { fixture in
            let account = fixture.account("gopal")
            for damage in [
                RedisCommand("HSET", .key(LedgerKeys.account(account)), "balance", "much"),
                RedisCommand("HSET", .key(LedgerKeys.account(account)), "sequence", "5"),
                RedisCommand("HDEL", .key(LedgerKeys.account(account)), "chain"),
                RedisCommand("RPOP", .key(LedgerKeys.entries(account))),
                RedisCommand("HSET", .key(LedgerKeys.world(account.shard, .usd)), "balance", "x"),
            ] {
                _ = try await fixture.node.send(RedisCommand("FLUSHALL"), within: nil)
                try await fixture.add("gopal", 5)
                _ = try await fixture.node.send(damage, within: nil)
                let before = try await fixture.everything()
                await #expect(throws: LedgerError.storeInconsistent) { try await fixture.add("gopal", 5, key: "k") }
                #expect(try await fixture.everything() == before)
            }
        }
    }
}
