import AuditSupport
import Coordination
import Evidence
import Ledger
import Payments
import Redis
import Testing

/// Payments that are right but for one thing.
@Suite
struct PaymentsAuditViolationTests {
    typealias Break = AuditSupport.Break<PaymentsAudit.Kind, PaymentsAuditFixture>

    static let some = SomePayments()
    static let home = SomePayments.alice.shard
    static let transit = "tally:{*}:account:~transit/USD"
    /// In the shard of `alice`, and never made.
    static let nobody = TestPayment(99, from: SomePayments.alice, to: SomePayments.bob, 15)

    @Test(arguments: Self.recordBreaks + Self.entryBreaks + Self.setBreaks + Self.leftoverBreaks)
    func `what is broken is named`(_ damage: Break) async throws {
        try await PaymentsAuditFixture.with { fixture in
            _ = try await SomePayments(fixture)
            #expect(try await fixture.audit().isClean)
            try await damage.run(fixture)
            let report = try await fixture.audit()
            #expect(Set(report.violations.first.map { "\($0.kind.rawValue) \($0.key)" }) == damage.expected)
            #expect(report.violations.total == damage.expected.count)
            #expect(report.exitCode == 1)
            #expect(report.undecided.isEmpty != damage.isUndecided)
            #expect(report.ledger.isClean, "\(report.ledger.text)")
        }
    }

    static let recordBreaks: [Break] = [
        Break("a payment is of no state", [(.recordInvalid, Self.some.done.key)]) {
            try await $0.send("HSET", .key(Self.some.done.key), "state", "paid")
        },
        Break("a payment has no payee", [(.recordInvalid, Self.some.failed.key)]) {
            try await $0.send("HDEL", .key(Self.some.failed.key), "to")
        },
        Break("a payment pays itself", [(.recordInvalid, Self.some.failed.key)]) {
            try await $0.send("HSET", .key(Self.some.failed.key), "to", "alice/USD")
        },
        Break("a payment is between currencies", [(.recordInvalid, Self.some.failed.key)]) {
            try await $0.send("HSET", .key(Self.some.failed.key), "to", "bob/EUR")
        },
        Break("a payment's amount is nothing", [(.recordInvalid, Self.some.failed.key)]) {
            try await $0.send("HSET", .key(Self.some.failed.key), "amount", "0")
        },
        Break("a payment's amount is no whole number", [(.recordInvalid, Self.some.failed.key)]) {
            try await $0.send("HSET", .key(Self.some.failed.key), "amount", "1.5")
        },
        Break("a payment has ended at no time", [(.recordInvalid, Self.some.failed.key)]) {
            try await $0.send("HDEL", .key(Self.some.failed.key), "finished")
        },
        Break("a payment that waits has ended", [(.recordInvalid, Self.some.pending.key)]) {
            try await $0.send("HSET", .key(Self.some.pending.key), "finished", 5)
        },
        Break("a payment's payer is of another shard", [(.wrongShard, Self.some.failed.key)]) {
            let other = SomePayments.account { $0 != Self.home && $0 != SomePayments.bob.shard }
            try await $0.send("HSET", .key(Self.some.failed.key), "from", .text(other.id))
        },
        Break("a payment has another type", [(.wrongType, Self.some.done.key)]) {
            try await $0.send("SET", .key(Self.some.done.key), "done")
        },
        Break("a payment that waits will expire", [(.expiryWrong, Self.some.pending.key)]) {
            try await $0.send("PEXPIRE", .key(Self.some.pending.key), 1_000_000)
        },
        Break("a payment that has ended will not expire", [(.expiryWrong, Self.some.done.key)]) {
            try await $0.send("PERSIST", .key(Self.some.done.key))
        },
        Break(
            "a payment lies in another shard",
            [(.recordMissing, Self.some.done.key), (.wrongShard, Self.moved(Self.some.done.key))]
        ) { try await $0.send("RENAME", .key(Self.some.done.key), .key(Self.moved(Self.some.done.key))) },
        Break("a key is nobody's", [(.unknownKey, "tally:{s07}:payment:hello")]) {
            try await $0.send("HSET", "tally:{s07}:payment:hello", "state", "done")
        },
    ]

    static func moved(_ key: String) -> String {
        key.replacing("{\(Self.home.tag)}", with: Self.home.tag == "s03" ? "{s04}" : "{s03}")
    }

    static let entryBreaks: [Break] = [
        Break("a payment is gone that has entries", [(.recordMissing, Self.some.done.key)]) {
            try await $0.send("DEL", .key(Self.some.done.key))
        },
        Break("money moved for a payment that failed", [(.entryStray, Self.some.done.key)]) {
            try await $0.send("HSET", .key(Self.some.done.key), "state", "failed")
        },
        Break("money moved for a payment that was cancelled", [(.entryStray, Self.some.inside.key)]) {
            try await $0.send("HSET", .key(Self.some.inside.key), "state", "cancelled")
        },
        Break(
            "a payment that is done was returned",
            [(.entryStray, Self.some.returned.key), (.creditMissing, Self.some.returned.key)]
        ) {
            try await $0.send("HSET", .key(Self.some.returned.key), "state", "done")
        },
        Break(
            "a payment that was returned was done",
            [(.entryStray, Self.some.done.key), (.returnMissing, Self.some.done.key)]
        ) {
            try await $0.send("HSET", .key(Self.some.done.key), "state", "returned")
        },
        Break(
            "a payment is done and no money moved",
            [(.debitMissing, Self.some.failed.key), (.creditMissing, Self.some.failed.key)]
        ) { try await $0.send("HSET", .key(Self.some.failed.key), "state", "done") },
        Break(
            "a payment that waits is on its way",
            [(.debitMissing, Self.some.pending.key), (.transitSumWrong, Self.transit)]
        ) {
            try await $0.send("HSET", .key(Self.some.pending.key), "state", "debited")
            try await $0.send("ZADD", .key(PaymentKeys.flight(Self.home)), 5, .text(Self.some.pending.id.text))
        },
        Break("a payment on its way waits", [(.entryStray, Self.some.debited.key), (.transitSumWrong, Self.transit)]) {
            try await $0.send("HSET", .key(Self.some.debited.key), "state", "locked")
            try await $0.send("ZREM", .key(PaymentKeys.flight(Self.home)), .text(Self.some.debited.id.text))
        },
        Break("more was moved than the payment says", [(.entryWrong, Self.some.done.key)]) {
            try await $0.send("HSET", .key(Self.some.done.key), "amount", 14)
        },
        Break("another was paid than the payment says", [(.entryWrong, Self.some.done.key)]) {
            try await $0.send("HSET", .key(Self.some.done.key), "to", .text(SomePayments.twin.id))
        },
        Break("a payment was made twice", [(.entryRepeated, Self.some.done.key)]) {
            try await $0.append(SomePayments.bob, -15, Self.some.done.id.text, "debit")
            try await $0.append(SomePayments.twin, 15, Self.some.done.id.text, "credit")
        },
        Break("entries are of no payment", [(.recordMissing, Self.nobody.key)]) {
            try await $0.append(SomePayments.alice, -15, Self.nobody.id.text, "debit")
            try await $0.append(SomePayments.bob, 15, Self.nobody.id.text, "credit")
        },
        Break(
            "old money went out and came in nowhere",
            [(.entryUnpaired, Self.nobody.key), (.transitSumWrong, Self.transit)]
        ) {
            let old = try await $0.now() - 36 * 86_400_000
            let account = SomePayments.account { $0 != Self.home && $0 != SomePayments.bob.shard }
            try await $0.append(account, 100, "-", "add", created: old)
            try await $0.append(account, -15, Self.nobody.id.text, "debit", created: old)
        },
        Break("what is on its way is off where no shard shows it", [(.transitSumWrong, Self.transit)]) {
            try await $0.send("HINCRBY", .key(LedgerKeys.transit(Self.home, .usd)), "balance", 5)
            try await $0.send("HINCRBY", .key(LedgerKeys.world(Self.home, .usd)), "balance", -5)
        },
    ]

    static let setBreaks: [Break] = [
        Break("a payment that waits is looked after by nobody", [(.unattended, Self.some.pending.key)]) {
            try await $0.send("ZREM", .key(PaymentKeys.open(Self.home)), .text(Self.some.pending.id.text))
        },
        Break("a dead letter has no reason", [(.deadWrong, Self.some.dead.key)]) {
            try await $0.send("HDEL", .key(Self.some.dead.key), "dead")
        },
        Break("a dead letter is not listed", [(.deadWrong, Self.some.dead.key)]) {
            try await $0.send("ZREM", .key(PaymentKeys.dead(Self.some.dead.id.home)), .text(Self.some.dead.id.text))
        },
        Break("a payment that has ended is open for long", [(.openStray, Self.some.done.key)]) {
            let score = RedisArgument.text(String(try await $0.now() - 120_000))
            try await $0.send("ZADD", .key(PaymentKeys.open(Self.home)), score, .text(Self.some.done.id.text))
        },
        Break("an unknown payment is open", [(.openStray, Self.nobody.key)]) {
            let score = RedisArgument.text(String(try await $0.now() + 5000))
            try await $0.send("ZADD", .key(PaymentKeys.open(Self.home)), score, .text(Self.nobody.id.text))
        },
        Break("something else is open", [(.openStray, PaymentKeys.open(Self.home))]) {
            try await $0.send("ZADD", .key(PaymentKeys.open(Self.home)), 5, "hello")
        },
        Break("a payment that has ended is a dead letter", [(.deadStray, Self.some.done.key)]) {
            try await $0.send("ZADD", .key(PaymentKeys.dead(Self.home)), 5, .text(Self.some.done.id.text))
        },
        Break("an unknown payment is a dead letter", [(.deadStray, Self.nobody.key)]) {
            try await $0.send("ZADD", .key(PaymentKeys.dead(Self.home)), 5, .text(Self.nobody.id.text))
        },
        Break(
            "a payment on its way is not in flight",
            [(.flightWrong, Self.some.debited.key), (.transitSumWrong, Self.transit)]
        ) { try await $0.send("ZREM", .key(PaymentKeys.flight(Self.home)), .text(Self.some.debited.id.text)) },
        Break("a payment that is done is in flight", [(.flightWrong, Self.some.done.key)]) {
            try await $0.send("ZADD", .key(PaymentKeys.flight(Self.home)), 5, .text(Self.some.done.id.text))
        },
        Break("an unknown payment is in flight", [(.flightWrong, Self.nobody.key)], isUndecided: true) {
            try await $0.send("ZADD", .key(PaymentKeys.flight(Self.home)), 5, .text(Self.nobody.id.text))
        },
        Break("a set has another type", [(.wrongType, Self.moved(PaymentKeys.open(Self.home)))]) {
            try await $0.send("SET", .key(Self.moved(PaymentKeys.open(Self.home))), "5")
        },
    ]

    static let leftoverBreaks: [Break] = [
        Break("a payment that is done has a lock", [(.lockStray, LedgerKeys.lock(SomePayments.twin))]) {
            try await $0.send("SET", .key(LedgerKeys.lock(SomePayments.twin)), .text("\(Self.some.done.id.text):7"))
        },
        Break("an unknown payment has a lock", [(.lockStray, LedgerKeys.lock(SomePayments.twin))]) {
            try await $0.send("SET", .key(LedgerKeys.lock(SomePayments.twin)), .text("\(Self.nobody.id.text):7"))
        },
        Break("a payment that is done waits", [(.waiterStray, LedgerKeys.waiters(SomePayments.twin))]) {
            let key = LedgerKeys.waiters(SomePayments.twin)
            try await $0.send("ZADD", .key(key), 5, .text(Self.some.done.id.text))
        },
        Break("an unknown payment waits", [(.waiterStray, LedgerKeys.waiters(SomePayments.twin))]) {
            let key = LedgerKeys.waiters(SomePayments.twin)
            try await $0.send("ZADD", .key(key), 5, .text(Self.nobody.id.text))
        },
        Break(
            "a payment is gone that waits",
            [
                (.openStray, Self.some.pending.key), (.waiterStray, LedgerKeys.waiters(SomePayments.alice)),
            ]
        ) { try await $0.send("DEL", .key(Self.some.pending.key)) },
    ]

    @Test
    func `locks and places of others are no leftovers`() async throws {
        try await PaymentsAuditFixture.with { fixture in
            _ = try await SomePayments(fixture)
            let account = SomePayments.account { $0 != Self.home && $0 != SomePayments.bob.shard }
            try await fixture.send("SET", .key(LedgerKeys.lock(account)), "01KAJ200000000000000000009:7")
            try await fixture.send("ZADD", .key(LedgerKeys.waiters(account)), 5, "01KAJ200000000000000000009")
            try await fixture.send("ZADD", .key(LedgerKeys.waiters(account)), 6, .text(Self.some.pending.id.text))
            let report = try await fixture.audit()
            #expect(report.isClean, "\(report.text)")
        }
    }
}
