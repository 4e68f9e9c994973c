import AuditSupport
import Coordination
import Evidence
import Ledger
import Redis
import Support
import Synchronization
import Testing

/// The ledger's audit of entries that move between accounts.
@Suite
struct AuditPaymentTests {
    typealias Break = AuditViolationTests.Break

    static let payer = Account.named("user-7")
    static let payee = Account.named("user-8")
    static let head = LedgerKeys.account(Self.payer)
    static let entries = LedgerKeys.entries(Self.payer)
    static let world = LedgerKeys.world(Self.payer.shard, .usd)
    static let transit = LedgerKeys.transit(Self.payer.shard, .usd)

    /// Users with money, a payment that is done, one on its way and one that came back: the payer's entries 9 to 12.
    private static func fill(_ fixture: AuditFixture) async throws {
        try await fixture.fill(users: 10)
        try await fixture.pay(AuditFixture.payment(Self.payer, 1), from: Self.payer, to: Self.payee, 100)
        try await fixture.pay(AuditFixture.payment(Self.payer, 2), from: Self.payer, to: nil, 50)
        let back = AuditFixture.payment(Self.payer, 3)
        try await fixture.pay(back, from: Self.payer, to: nil, 30)
        try await fixture.pay(back, from: nil, to: Self.payer, 30, kind: .back)
    }

    @Test
    func `payments that are done, on their way and returned are right`() async throws {
        try await AuditFixture.with { fixture in
            try await Self.fill(fixture)
            let report = try await fixture.audit()
            #expect(report.isClean, "\(report.text)")
            #expect(report.entries == 85)
            #expect(report.worlds.compactMap(\.transit).reduce(0, +) == 50)
            #expect(report.worlds.first { $0.shard == Self.payer.shard.tag }?.transit == 150)
        }
    }

    @Test
    func `a payment within one shard is right, and so is a shard that was only ever paid into`() async throws {
        try await AuditFixture.with { fixture in
            let twin = try #require(
                (0...).lazy.map { Account.named("twin-\($0)") }.first {
                    $0.shard == Self.payer.shard
                }
            )
            let far = try #require(
                (0...).lazy.map { Account.named("far-\($0)") }.first {
                    $0.shard != Self.payer.shard
                }
            )
            try await fixture.add(Self.payer, 500)
            try await fixture.pay(AuditFixture.payment(Self.payer, 1), from: Self.payer, to: twin, 100)
            try await fixture.pay(AuditFixture.payment(Self.payer, 2), from: Self.payer, to: far, 50)
            let report = try await fixture.audit()
            #expect(report.isClean, "\(report.text)")
            #expect(report.worlds.map(\.balance).contains(0))
        }
    }

    @Test(arguments: Self.breaks)
    func `what is broken is named`(_ damage: Break) async throws {
        try await AuditFixture.with { fixture in
            try await Self.fill(fixture)
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
    static let breaks: [Break] = [
        Break("a debit's amount has no minus", [(.amountOutOfRange, Self.entries), (.shardSumWrong, Self.world)]) {
            try await Self.turn($0, entry: 9, by: 200)
        },
        Break("a credit's amount has a minus", [(.amountOutOfRange, LedgerKeys.entries(Self.payee))]) {
            try await $0.pay(AuditFixture.payment(Self.payer, 4), from: nil, to: Self.payee, -5)
        },
        Break("a return's amount has a minus", [(.amountOutOfRange, Self.entries)]) {
            try await $0.pay(AuditFixture.payment(Self.payer, 2), from: nil, to: Self.payer, -5, kind: .back)
        },
        Break("an amount is nothing", [(.amountOutOfRange, LedgerKeys.entries(Self.payee))]) {
            try await $0.pay(AuditFixture.payment(Self.payer, 4), from: nil, to: Self.payee, 0)
        },
        Break("an amount is too large", [(.amountOutOfRange, LedgerKeys.entries(Self.payee))]) {
            try await $0.pay(AuditFixture.payment(Self.payer, 4), from: nil, to: Self.payee, 10_000_000_000_001)
        },
        Break("a payer has paid what it had not", [(.balanceOutOfRange, Self.head)]) {
            try await $0.pay(AuditFixture.payment(Self.payer, 4), from: nil, to: Self.payer, 900, kind: .debit)
        },
        Break("a payment is debited twice", [(.operationRepeated, Self.entries)]) {
            try await $0.pay(AuditFixture.payment(Self.payer, 1), from: Self.payer, to: nil, 7)
        },
        Break("a payment is returned twice", [(.operationRepeated, Self.entries)]) {
            try await $0.pay(AuditFixture.payment(Self.payer, 3), from: nil, to: Self.payer, 30, kind: .back)
        },
        Break("a payment's entry names an add", [(.operationInvalid, Self.entries)]) {
            try await $0.pay("01KAJ200000000000000000009", from: Self.payer, to: nil, 7)
        },
        Break("a payment's entry names nothing", [(.operationInvalid, Self.entries)]) {
            try await $0.pay("-", from: Self.payer, to: nil, 7)
        },
        Break("a payment's shard is none", [(.operationInvalid, Self.entries)]) {
            try await $0.pay("s64-01KAJ200000000000000000009", from: Self.payer, to: nil, 7)
        },
        Break("a payment's name has a letter that is none", [(.operationInvalid, Self.entries)]) {
            try await $0.pay("s07-01KAJ20000000000000000000U", from: Self.payer, to: nil, 7)
        },
        Break("a reversal has no number", [(.operationInvalid, Self.entries)]) {
            try await $0.pay("s07-01KAJ200000000000000000009R", from: Self.payer, to: nil, 7)
        },
        Break("an entry is of no kind", [(.entryUnreadable, Self.entries)]) {
            try await $0.edit(Self.payer, entry: 9, isChained: true) { $0[5] = "fee" }
        },
        Break("what is on its way is edited", [(.shardSumWrong, Self.world)]) {
            try await $0.send("HINCRBY", .key(Self.transit), "balance", 1)
        },
        Break("what is on its way is gone", [(.shardSumWrong, Self.world)]) {
            try await $0.send("DEL", .key(Self.transit))
        },
        Break("what is on its way is no number", [(.headInvalid, Self.transit)], isUndecided: true) {
            try await $0.send("HSET", .key(Self.transit), "balance", "0x1")
        },
        Break("what is on its way has another type", [(.wrongType, Self.transit)], isUndecided: true) {
            try await $0.send("SET", .key(Self.transit), "150")
        },
        Break("more is on its way than a number may be", [(.balanceOutOfRange, Self.transit)]) {
            try await $0.send("HSET", .key(Self.transit), "balance", "-9007199254740992")
            try await $0.send("HINCRBY", .key(Self.world), "balance", "9007199254741142")
        },
        Break("the count of entries is no number", [(.headInvalid, Self.world)]) {
            try await $0.send("HSET", .key(Self.world), "entries", "many")
        },
        Break("the outside world's balance is gone", [(.shardSumWrong, Self.world)]) {
            try await $0.send("HDEL", .key(Self.world), "balance")
        },
    ]

    /// Turns a debit into what adds, with all that follows from it but the other side.
    private static func turn(_ fixture: AuditFixture, entry: Int, by change: Int64) async throws {
        for number in entry...12 {
            try await fixture.edit(Self.payer, entry: number, isChained: true) { words in
                if number == entry { words[3] = String((Int64(words[3]) ?? 0) + change) }
                words[4] = String((Int64(words[4]) ?? 0) + change)
            }
        }
        try await fixture.send("HINCRBY", .key(Self.head), "balance", .integer(Int(change)))
    }

    // MARK: Stores of earlier versions

    @Test(arguments: [false, true])
    func `a store without a count of entries, or with a late one, is looked at all the same`(isLate: Bool) async throws
    {
        try await AuditFixture.with { fixture in
            try await fixture.fill()
            for shard in Shard.all { try await fixture.send("HDEL", .key(LedgerKeys.world(shard, .usd)), "entries") }
            if isLate { try await fixture.add(Self.payer, 5) }
            let report = try await fixture.audit()
            #expect(report.isClean, "\(report.text)")
            try await fixture.send("HINCRBY", .key(Self.world), "balance", -1)
            let broken = try await fixture.audit()
            #expect(broken.violations.first.map(\.kind) == [.shardSumWrong], "\(broken.text)")
            #expect(broken.undecided.isEmpty)
        }
    }

    // MARK: Beside writers

    private final class Flag: Sendable {
        let isUp = Atomic(false)
    }

    @Test(arguments: Seed.cases(3))
    func `what moves between accounts all the time is never called violated`(seed: Seed) async throws {
        try await AuditFixture.with { fixture in
            let users = [2, 24, 300][Int(seed.number % 3)]
            for number in 0..<users { try await fixture.add(.named("user-\(number)"), 1000) }
            let clean = Atomic(0)
            try await Self.beside(fixture, users: users, seed) {
                for _ in 0..<5 {
                    let report = try await fixture.audit(.usd)
                    #expect(report.violations.total == 0, "\(report.text)")
                    if report.isClean { clean.add(1, ordering: .relaxed) }
                }
            }
            #expect(clean.load(ordering: .relaxed) > 0)
            let report = try await fixture.audit()
            #expect(report.isClean, "\(report.text)")
        }
    }

    @Test
    func `a balance that is off is found beside payments`() async throws {
        try await AuditFixture.with { fixture in
            for number in 0..<24 { try await fixture.add(.named("user-\(number)"), 1000) }
            try await Self.beside(fixture, users: 24, Seed(0)) {
                try await fixture.send("HINCRBY", .key(Self.transit), "balance", 3)
                let report = try await fixture.audit(.usd)
                #expect(report.violations.first.map(\.kind) == [.shardSumWrong], "\(report.text)")
                #expect(report.violations.first.map(\.found) == ["3"])
            }
        }
    }

    /// Runs `body` while others pay, in one step and in two, all the same amount.
    private static func beside(
        _ fixture: AuditFixture,
        users: Int,
        _ seed: Seed,
        _ body: @Sendable @escaping () async throws -> Void
    ) async throws {
        let done = Flag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    var random = Seed(seed.number * 4 + UInt64(writer)).random
                    var number = 0
                    while !done.isUp.load(ordering: .relaxed) {
                        number += 1
                        // Slower than the audit of a debug build, which would never catch up otherwise.
                        try await Task.sleep(for: .milliseconds(4))
                        let from = Account.named("user-\(random.next() % UInt64(users))")
                        let to = Account.named("user-\(random.next() % UInt64(users))")
                        guard from != to else { continue }
                        let id = AuditFixture.payment(from, writer * 1_000_000 + number)
                        if random.next() % 2 == 0 {
                            try await fixture.pay(id, from: from, to: to, 1)
                        } else {
                            try await fixture.pay(id, from: from, to: nil, 1)
                            try await fixture.pay(id, from: nil, to: to, 1)
                        }
                    }
                }
            }
            group.addTask {
                defer { done.isUp.store(true, ordering: .relaxed) }
                try await body()
            }
            try await group.waitForAll()
        }
    }
}
