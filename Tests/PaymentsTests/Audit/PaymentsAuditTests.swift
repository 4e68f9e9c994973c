import Coordination
import Evidence
import Ledger
import Payments
import Redis
import Testing

@Suite
struct PaymentsAuditTests {
    @Test
    func `an empty Redis is clean`() async throws {
        try await PaymentsAuditFixture.with { fixture in
            let report = try await fixture.audit(isSettled: true, currency: nil)
            #expect(report.isClean)
            #expect(report.exitCode == 0)
            #expect(report.payments == 0 && report.oldest == nil)
        }
    }

    @Test
    func `payments in all states are right, and everything about them is counted`() async throws {
        try await PaymentsAuditFixture.with { fixture in
            let some = try await SomePayments(fixture)
            let report = try await fixture.audit()
            #expect(report.isClean, "\(report.text)")
            #expect(report.exitCode == 0)
            #expect(report.payments == some.all.count)
            #expect(report.states[.debited] == 2 && report.states[.done] == 3 && report.states[.pending] == 2)
            #expect(report.unfinished == 5)
            #expect(report.dead == 1)
            #expect(report.letters.map(\.payment) == [some.dead.id.text])
            #expect(report.letters.map(\.reason) == ["too many tries"])
            #expect(report.unswept == 1)
            let oldest = try #require(report.oldest)
            #expect((.zero...Duration.seconds(600)).contains(oldest))
            let all = try await fixture.audit(currency: nil)
            #expect(all.isClean, "\(all.text)")
        }
    }

    @Test
    func `where all must have ended, each that has not is named`() async throws {
        try await PaymentsAuditFixture.with { fixture in
            let some = try await SomePayments(fixture)
            let report = try await fixture.audit(isSettled: true)
            #expect(report.exitCode == 1)
            let unfinished = [some.pending, some.locked, some.debited, some.credited, some.dead].map(\.key)
            #expect(Set(report.violations.first.map(\.key)) == Set(unfinished))
            #expect(report.violations.counts == [.unfinished: 5])
        }
    }

    @Test
    func `entries may stay behind when their payment is long gone`() async throws {
        try await PaymentsAuditFixture.with { fixture in
            let old = try await fixture.now() - 36 * 86_400_000
            let payment = TestPayment(1, from: .named("alice"), to: .named("bob"), 70)
            let back = TestPayment(2, from: .named("alice"), to: .named("bob"), 20)
            try await fixture.append(payment.from, 100, "-", "add", created: old)
            try await fixture.append(payment.from, -70, payment.id.text, "debit", created: old)
            try await fixture.append(payment.to, 70, payment.id.text, "credit", created: old)
            try await fixture.append(back.from, -20, back.id.text, "debit", created: old)
            try await fixture.append(back.from, 20, back.id.text, "return", created: old)
            let report = try await fixture.audit()
            #expect(report.isClean, "\(report.text)")
            var options = PaymentsAudit.Options()
            options.keep = .seconds(37 * 86_400)
            let strict = try await PaymentsAudit(redis: fixture.redis, options).run()
            #expect(strict.violations.counts == [.recordMissing: 2])
        }
    }

    @Test
    func `other currencies are no business of an audit of one`() async throws {
        let euro = try #require(Currency(code: "EUR"))
        try await PaymentsAuditFixture.with { fixture in
            let payment = TestPayment(1, from: .named("alice", euro), to: .named("bob", euro), 70)
            try await fixture.add(payment.from, 100)
            try await fixture.take(payment, .accept, .lock, .debit)
            let dollars = try await fixture.audit(isSettled: true)
            #expect(dollars.isClean && dollars.payments == 0, "\(dollars.text)")
            let all = try await fixture.audit(currency: nil)
            #expect(all.isClean && all.payments == 1, "\(all.text)")
            try await fixture.send("HINCRBY", .key(LedgerKeys.transit(payment.from.shard, euro)), "balance", 1)
            let off = try await fixture.audit(currency: nil)
            #expect(off.violations.counts == [.transitSumWrong: 1], "\(off.text)")
            #expect(off.ledger.violations.counts == [.shardSumWrong: 1])
        }
    }

    @Test
    func `a broken ledger is told, too`() async throws {
        try await PaymentsAuditFixture.with { fixture in
            let some = try await SomePayments(fixture)
            try await fixture.send("HSET", .key(LedgerKeys.account(some.done.from)), "token", 1)
            let report = try await fixture.audit()
            #expect(report.violations.total == 0)
            #expect(report.ledger.violations.counts == [.tokenWrong: 1])
            #expect(report.exitCode == 1 && !report.isClean)
        }
    }
}

/// A payment in each state, between two shards and within one.
struct SomePayments: Sendable {
    static let alice = Account.named("alice")
    static let bob = Account.named("bob")
    /// Another account in the shard of `alice`.
    static let twin = Self.account { $0 == Self.alice.shard }

    static func account(_ isRight: (Shard) -> Bool) -> Account {
        var number = 0
        while !isRight(Account.named("user-\(number)").shard) { number += 1 }
        return Account.named("user-\(number)")
    }

    let pending = TestPayment(1, from: Self.alice, to: Self.bob, 11)
    let locked = TestPayment(2, from: Self.bob, to: Self.twin, 12)
    let debited = TestPayment(3, from: Self.alice, to: Self.bob, 13)
    let credited = TestPayment(4, from: Self.alice, to: Self.bob, 14)
    let done = TestPayment(5, from: Self.alice, to: Self.bob, 15)
    let inside = TestPayment(6, from: Self.alice, to: Self.twin, 16)
    let stepped = TestPayment(7, from: Self.bob, to: Self.alice, 17)
    let failed = TestPayment(8, from: Self.alice, to: Self.bob, 18)
    let returned = TestPayment(9, from: Self.alice, to: Self.bob, 19)
    let dead = TestPayment(10, from: Self.bob, to: Self.alice, 20)

    var all: [TestPayment] {
        [
            self.pending, self.locked, self.debited, self.credited, self.done, self.inside, self.stepped, self.failed,
            self.returned, self.dead,
        ]
    }

    init() {}

    init(_ fixture: PaymentsAuditFixture) async throws {
        try await fixture.add(Self.alice, 1000)
        try await fixture.add(Self.bob, 1000)
        try await fixture.take(self.done, .accept, .apply)
        try await fixture.take(self.inside, .accept, .apply)
        try await fixture.take(self.stepped, .accept, .lock, .debit, .credit, .done, .release, .sweep)
        // Its lock in the other shard is still there, and a sweeper will look.
        try await fixture.take(self.failed, .accept, .lock, .fail)
        try await fixture.take(self.returned, .accept, .lock, .debit, .refuse, .back, .release, .sweep)
        try await fixture.take(self.dead, .accept, .lock, .bury)
        try await fixture.take(self.debited, .accept, .lock, .debit)
        try await fixture.take(self.credited, .accept, .lock, .debit, .credit)
        try await fixture.take(self.locked, .accept, .lock)
        try await fixture.take(self.pending, .accept)
    }
}
