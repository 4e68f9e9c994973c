import AuditSupport
import Coordination
import Evidence
import Ledger
import NIOCore
import RESP
import Redis
import Support
import Testing

/// One ledger that is right but for one thing.
@Suite
struct AuditViolationTests {
    typealias Break = AuditSupport.Break<LedgerAudit.Kind, AuditFixture>

    static let victim = Account.named("user-7")
    static let head = LedgerKeys.account(Self.victim)
    static let entries = LedgerKeys.entries(Self.victim)
    static let references = LedgerKeys.references(Self.victim)
    static let world = LedgerKeys.world(Self.victim.shard, .usd)

    @Test(arguments: Self.entryBreaks + Self.headBreaks + Self.keyBreaks + Self.referenceBreaks)
    func `what is broken is named`(_ damage: Break) async throws {
        try await AuditFixture.with { fixture in
            try await fixture.fill()
            #expect(try await fixture.audit(.usd).isClean)
            try await damage.run(fixture)
            let report = try await fixture.audit(.usd)
            #expect(Set(report.violations.first.map { "\($0.kind.rawValue) \($0.key)" }) == damage.expected)
            #expect(report.violations.total == damage.expected.count)
            #expect(report.exitCode == 1)
            #expect(report.undecided.isEmpty != damage.isUndecided)
        }
    }

    /// Words of an entry: sequence, operation, token, amount, balance, kind, created_ms, reference, chain.
    static let entryBreaks: [Break] = [
        Break(
            "an amount is edited",
            [(.chainBroken, Self.entries), (.balanceWrong, Self.entries), (.balanceSumWrong, Self.head)]
        ) { try await $0.edit(Self.victim, entry: 3, isChained: false) { $0[3] = "999" } },
        Break("an amount is edited and chained anew", [(.balanceWrong, Self.entries), (.balanceSumWrong, Self.head)]) {
            try await $0.edit(Self.victim, entry: 3, isChained: true) { $0[3] = "999" }
        },
        Break("a running balance is edited and chained anew", [(.balanceWrong, Self.entries)]) {
            try await $0.edit(Self.victim, entry: 3, isChained: true) { $0[4] = "999" }
        },
        Break("a token is not larger", [(.tokenWrong, Self.entries)]) {
            try await $0.edit(Self.victim, entry: 4, isChained: true) { $0[2] = "3" }
        },
        Break("a time goes back", [(.timeWrong, Self.entries)]) {
            try await $0.edit(Self.victim, entry: 4, isChained: true) { $0[6] = "1600000000000" }
        },
        Break("a time is edited", [(.chainBroken, Self.entries)]) {
            try await $0.edit(Self.victim, entry: 4, isChained: false) { $0[6] = "1700000003001" }
        },
        Break("a chain is edited", [(.chainBroken, Self.entries)]) {
            try await $0.edit(Self.victim, entry: 4, isChained: false) { $0[8] = String(repeating: "0", count: 40) }
        },
        Break("a sequence is edited and chained anew", [(.sequenceWrong, Self.entries)]) {
            try await $0.edit(Self.victim, entry: 4, isChained: true) { $0[0] = "5" }
        },
        Break("an operation is there twice", [(.operationRepeated, Self.entries)]) {
            try await $0.edit(Self.victim, entry: 4, isChained: true) { $0[1] = "01J7Z1" }
        },
        Break(
            "an entry is dropped",
            [
                (.countWrong, Self.entries), (.sequenceWrong, Self.entries), (.chainBroken, Self.entries),
                (.balanceWrong, Self.entries), (.balanceSumWrong, Self.head),
            ]
        ) {
            try await $0.edit(Self.victim, entry: 4, isChained: false) { $0 = ["gone"] + $0.dropFirst() }
            let gone = try await $0.send("LINDEX", .key(Self.entries), 3).string ?? ""
            try await $0.send("LREM", .key(Self.entries), 1, .text(gone))
        },
        Break(
            "the last entry is dropped",
            [
                (.countWrong, Self.entries), (.balanceSumWrong, Self.head), (.chainHeadWrong, Self.head),
                (.timeWrong, Self.head), (.referenceStray, Self.references),
            ]
        ) { try await $0.send("RPOP", .key(Self.entries)) },
        Break(
            "two entries are swapped",
            [
                (.sequenceWrong, Self.entries), (.chainBroken, Self.entries), (.balanceWrong, Self.entries),
                (.tokenWrong, Self.entries), (.timeWrong, Self.entries),
            ]
        ) {
            let two = try await $0.send("LRANGE", .key(Self.entries), 2, 3).array?.compactMap(\.string) ?? []
            try await $0.send("LSET", .key(Self.entries), 2, .text(two[1]))
            try await $0.send("LSET", .key(Self.entries), 3, .text(two[0]))
        },
        Break("an entry is no entry", [(.entryUnreadable, Self.entries)]) {
            try await $0.send("LSET", .key(Self.entries), 3, "hello")
        },
        Break("an entry is no text", [(.entryUnreadable, Self.entries)]) {
            try await $0.send("LSET", .key(Self.entries), 3, .bytes(ByteBuffer(bytes: [0xFF, 0x20, 0x00, 0xC3])))
        },
        Break("an entry is endless", [(.entryUnreadable, Self.entries)]) {
            try await $0.send("LSET", .key(Self.entries), 3, .text(String(repeating: "9", count: 9_000_000)))
        },
        Break("a number is spelled otherwise", [(.entryUnreadable, Self.entries)]) {
            try await $0.edit(Self.victim, entry: 4, isChained: true) { $0[3] = "+\($0[3])" }
        },
        Break("the chain begins elsewhere", [(.chainBroken, Self.entries)]) {
            try await $0.edit(Self.victim, entry: 1, isChained: false) {
                $0[8] = Entry.chain(after: "user-8/USD", body: $0[0..<8].joined(separator: " "))
            }
        },
        Break("a balance is below zero", [(.amountOutOfRange, Self.entries), (.balanceOutOfRange, Self.head)]) {
            try await $0.add(Self.victim, -10_000)
        },
        Break(
            "a balance is beyond the largest",
            [
                (.amountOutOfRange, Self.entries), (.balanceOutOfRange, Self.head), (.balanceOutOfRange, Self.world),
            ]
        ) { try await $0.add(Self.victim, 9_007_199_254_740_166) },
    ]

    static let headBreaks: [Break] = [
        Break("the balance is edited", [(.balanceSumWrong, Self.head), (.shardSumWrong, Self.world)]) {
            try await $0.send("HINCRBY", .key(Self.head), "balance", 1)
        },
        Break("the sequence is edited", [(.countWrong, Self.entries)]) {
            try await $0.send("HSET", .key(Self.head), "sequence", 99)
        },
        Break("the sequence is beyond all numbers", [(.headInvalid, Self.head)], isUndecided: true) {
            try await $0.send("HSET", .key(Self.head), "sequence", "99999999999999999999")
        },
        Break("the chain's head is edited", [(.chainHeadWrong, Self.head)]) {
            try await $0.send("HSET", .key(Self.head), "chain", .text(String(repeating: "0", count: 40)))
        },
        Break("the account's token is behind its entries'", [(.tokenWrong, Self.head)]) {
            try await $0.send("HSET", .key(Self.head), "token", 7)
        },
        Break("the account's time is edited", [(.timeWrong, Self.head)]) {
            try await $0.send("HINCRBY", .key(Self.head), "updated", 1)
        },
        Break("the balance is no whole number", [(.headInvalid, Self.head)], isUndecided: true) {
            try await $0.send("HSET", .key(Self.head), "balance", "1.5")
        },
        Break("the chain's head is gone", [(.headInvalid, Self.head)], isUndecided: true) {
            try await $0.send("HDEL", .key(Self.head), "chain")
        },
        Break("the world is edited", [(.shardSumWrong, Self.world)]) {
            try await $0.send("HINCRBY", .key(Self.world), "balance", -1)
        },
        Break("the world is gone", [(.shardSumWrong, Self.world)]) { try await $0.send("DEL", .key(Self.world)) },
        Break("the world is no number", [(.headInvalid, Self.world)], isUndecided: true) {
            try await $0.send("HSET", .key(Self.world), "balance", "much")
        },
        Break("the world has another type", [(.wrongType, Self.world)], isUndecided: true) {
            try await $0.send("SET", .key(Self.world), "-5")
        },
    ]

    static let elsewhere = Shard.all[Self.victim.shard.number == 3 ? 4 : 3]

    static func moved(_ key: String) -> String {
        key.replacing("{\(Self.victim.shard.tag)}", with: "{\(Self.elsewhere.tag)}")
    }

    static let keyBreaks: [Break] = [
        Break("an account has another type", [(.wrongType, Self.head)], isUndecided: true) {
            try await $0.send("SET", .key(Self.head), "5")
        },
        Break("the entries have another type", [(.wrongType, Self.entries), (.referenceStray, Self.references)]) {
            try await $0.send("SET", .key(Self.entries), "5")
        },
        Break("the references have another type", [(.wrongType, Self.references)]) {
            try await $0.send("SET", .key(Self.references), "5")
        },
        Break("an account is gone", [(.accountMissing, Self.entries)], isUndecided: true) {
            try await $0.send("DEL", .key(Self.head))
        },
        Break("the entries are gone", [(.entriesMissing, Self.head), (.referenceStray, Self.references)]) {
            try await $0.send("DEL", .key(Self.entries))
        },
        Break(
            "an account lies in another shard",
            [
                (.wrongShard, Self.moved(Self.head)), (.wrongShard, Self.moved(Self.entries)),
                (.wrongShard, Self.moved(Self.references)), (.shardSumWrong, Self.world),
            ]
        ) {
            for key in [Self.head, Self.entries, Self.references] {
                try await $0.send("RENAME", .key(key), .key(Self.moved(key)))
            }
        },
        Break("a key is nobody's", [(.unknownKey, "\(Self.head.dropLast(4))/usd")]) {
            try await $0.send("HSET", .key("\(Self.head.dropLast(4))/usd"), "balance", 5)
        },
        Break("a shard is none", [(.wrongShard, Self.head.replacing(Self.victim.shard.tag, with: "s64"))]) {
            try await $0.send("HSET", .key(Self.head.replacing(Self.victim.shard.tag, with: "s64")), "balance", 5)
        },
    ]

    static let referenceBreaks: [Break] = [
        Break("a reference is gone", [(.referenceMissing, Self.references)]) {
            try await $0.send("HDEL", .key(Self.references), "ref-1")
        },
        Break("all references are gone", [(.referenceMissing, Self.references)]) {
            try await $0.send("DEL", .key(Self.references))
        },
        Break("a reference leads to another entry", [(.referenceWrong, Self.references)]) {
            try await $0.send("HSET", .key(Self.references), "ref-4", "user-7.1")
        },
        Break("a reference is of no entry", [(.referenceStray, Self.references)]) {
            try await $0.send("HSET", .key(Self.references), "nobody", "user-7.99")
        },
        Break("a reference is of another user", [(.referenceStray, Self.references)]) {
            try await $0.send("HSET", .key(Self.references), "nobody", "user-8.01J7Z1")
        },
        Break("two entries have one reference", [(.referenceRepeated, Self.entries)]) {
            try await $0.edit(Self.victim, entry: 4, isChained: true) { $0[7] = "=ref-1" }
        },
    ]
}
