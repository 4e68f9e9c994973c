import AuditSupport
import Coordination
import Evidence
import Ledger
import Redis
import Testing

/// The reports of an audit of the ledger, to the byte.
@Suite
struct AuditBytesTests {
    private static let memory: [(pattern: String, word: String)] = [
        (#"("bytes_per_\w+":)[0-9.]+"#, "$1BYTES"), (#"(memory {5})[0-9.]+ "#, "$1BYTES "),
    ]

    @Test
    func `the report of a ledger that is right`() async throws {
        try await AuditFixture.with { fixture in
            try await Self.fill(fixture)
            let report = try await fixture.audit()
            let changes = PinnedText.times + Self.memory
            #expect(try PinnedText.difference(report.json, from: "ledger-clean.json", replacing: changes) == nil)
            #expect(try PinnedText.difference(report.text, from: "ledger-clean.txt", replacing: changes) == nil)
        }
    }

    @Test
    func `the report of a ledger in which much is wrong`() async throws {
        try await AuditFixture.with { fixture in
            try await Self.fill(fixture)
            let (first, second, third) = (Account.named("user-1"), Account.named("user-2"), Account.named("user-3"))
            try await fixture.edit(first, entry: 3, isChained: false) { $0[3] = "999" }
            try await fixture.edit(first, entry: 2, isChained: false) { $0[7] = "=\\ \u{7f}€" }
            try await fixture.send("HSET", .key(LedgerKeys.account(second)), "balance", "1.5")
            try await fixture.send("SET", .key(LedgerKeys.references(third)), "5")
            let strange = RedisArgument.text(String(repeating: "é9", count: 90))
            try await fixture.send("LSET", .key(LedgerKeys.entries(third)), 1, strange)
            try await fixture.send("HSET", .key("\(LedgerKeys.account(third).dropLast(4))/usd"), "balance", 5)
            let world = LedgerKeys.world(first.shard, .usd)
            try await fixture.send("HINCRBY", .key(world), "balance", -7)
            let report = try await fixture.audit(.usd)
            let changes = PinnedText.times + Self.memory
            #expect(try PinnedText.difference(report.json, from: "ledger-violated.json", replacing: changes) == nil)
            #expect(try PinnedText.difference(report.text, from: "ledger-violated.txt", replacing: changes) == nil)
        }
    }

    /// Some short accounts, one with a single entry and a long one, so that memory is measured.
    private static func fill(_ fixture: AuditFixture) async throws {
        try await fixture.fill(users: 4, entries: 5)
        try await fixture.add(.named("gopal"), 5, created: 1_700_000_000_000)
        for number in 1...60 { try await fixture.add(.named("asha"), number, created: 1_700_000_000_000 + number) }
    }
}
