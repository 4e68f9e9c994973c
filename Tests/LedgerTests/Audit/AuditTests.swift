import Coordination
import Evidence
import Ledger
import Redis
import Support
import Testing

@Suite
struct AuditTests {
    @Test
    func `an empty Redis is clean`() async throws {
        try await AuditFixture.with { fixture in
            let report = try await fixture.audit()
            #expect(report.isClean)
            #expect(report.exitCode == 0)
            #expect(report.accounts == 0 && report.entries == 0 && report.shards == 0)
        }
    }

    @Test
    func `a right ledger is clean, and everything in it is counted`() async throws {
        try await AuditFixture.with { fixture in
            try await fixture.fill(users: 120, entries: 8)
            // Other keys of the ledger are no business of the audit.
            let user = Account.named("user-1")
            try await fixture.send("SET", .key(LedgerKeys.lock(user)), "01J:7")
            try await fixture.send("ZADD", .key(LedgerKeys.waiters(user)), 1, "01J")
            try await fixture.send("ZADD", .key(LedgerKeys.due(user.shard)), 1, .text(user.id))
            let report = try await fixture.audit()
            #expect(report.isClean, "\(report.text)")
            #expect(report.accounts == 120)
            #expect(report.entries == 960)
            #expect(report.worlds.map(\.accounts).reduce(0, +) == 120)
            #expect(report.worlds.compactMap(\.balance).reduce(0, +) == -120 * 828)
        }
    }

    @Test
    func `a long account is read in slices`() async throws {
        try await AuditFixture.with { fixture in
            for number in 1...1700 {
                try await fixture.add(.named("gopal"), number, reference: number % 2 == 0 ? "r\(number)" : "-")
            }
            for number in 0..<70 { try await fixture.add(.named("user-\(number)"), 1) }
            let report = try await fixture.audit(.usd)
            #expect(report.isClean, "\(report.text)")
            #expect(report.entries == 1770)
            #expect(report.memory.longAccounts == 1)
            #expect(report.memory.newAccounts == 70)
            #expect((60...400).contains(report.memory.bytesPerEntry ?? 0))
            #expect((200...1500).contains(report.memory.bytesPerNewAccount ?? 0))
            try await fixture.edit(.named("gopal"), entry: 1650, isChained: false) { $0[3] = "7" }
            let broken = try await fixture.audit(.usd)
            #expect(broken.violations.first.contains { $0.kind == .chainBroken && $0.sequence == 1650 })
        }
    }

    @Test
    func `an account whose lock was taken before its first entry is whole`() async throws {
        try await AuditFixture.with { fixture in
            try await fixture.send("HINCRBY", .key(LedgerKeys.account(.named("gopal"))), "token", 1)
            let report = try await fixture.audit()
            #expect(report.isClean, "\(report.text)")
        }
    }

    @Test
    func `currencies are looked at each by itself`() async throws {
        let euro = try #require(Currency(code: "EUR"))
        try await AuditFixture.with { fixture in
            try await fixture.add(.named("gopal"), 500)
            try await fixture.add(.named("gopal", euro), 700)
            #expect(try await fixture.audit().isClean)
            #expect(try await fixture.audit().accounts == 2)
            try await fixture.send("HINCRBY", .key(LedgerKeys.account(.named("gopal", euro))), "balance", 1)
            #expect(try await fixture.audit(.usd).isClean)
            #expect(try await fixture.audit(.usd).accounts == 1)
            #expect(try await fixture.audit(euro).exitCode == 1)
            #expect(try await fixture.audit().exitCode == 1)
        }
    }

    @Test
    func `a reference may belong to an operation that waits`() async throws {
        try await AuditFixture.with { fixture in
            let gopal = Account.named("gopal")
            try await fixture.send("HSET", .key(LedgerKeys.references(gopal)), "invoice", "gopal.01JX")
            #expect(try await fixture.audit().violations.first.map(\.kind) == [.referenceStray])
            try await fixture.send("HSET", .key(LedgerKeys.operation(gopal.shard, id: "01JX")), "state", "queued")
            let report = try await fixture.audit()
            #expect(report.isClean, "\(report.text)")
        }
    }

    @Test
    func `a Redis that is gone is no clean one`() async throws {
        try await AuditFixture.with { fixture in
            await #expect(throws: AuditError.unreadable(.notSent(.unreachable))) {
                try await LedgerAudit(redis: DeadRedis(), currency: .usd).run()
            }
        }
    }
}
