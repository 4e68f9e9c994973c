import AuditSupport
import Evidence
import Ledger
import Payments
import Redis
import Testing

/// The reports of an audit of payments, to the byte.
@Suite
struct PaymentsAuditBytesTests {
    private static let changes =
        PinnedText.times + [
            (#"("bytes_per_\w+":)[0-9.]+"#, "$1BYTES"), (#"(memory {5})[0-9.]+ "#, "$1BYTES "),
            (#"\b1[0-9]{15}\b"#, "MICROSECONDS"),
        ]

    @Test
    func `the report of payments in all states`() async throws {
        try await PaymentsAuditFixture.with { fixture in
            _ = try await SomePayments(fixture)
            let report = try await fixture.audit()
            #expect(try PinnedText.difference(report.json, from: "payments-clean.json", replacing: Self.changes) == nil)
            #expect(try PinnedText.difference(report.text, from: "payments-clean.txt", replacing: Self.changes) == nil)
        }
    }

    @Test
    func `the report of payments of which some are wrong`() async throws {
        try await PaymentsAuditFixture.with { fixture in
            let some = try await SomePayments(fixture)
            let home = some.done.id.home
            try await fixture.send("ZADD", .key(PaymentKeys.dead(home)), 5, .text(some.done.id.text))
            try await fixture.send("ZADD", .key(PaymentKeys.open(home)), 5, "hello")
            try await fixture.send("HSET", .key(some.inside.key), "state", "failed")
            try await fixture.send("HSET", .key(some.stepped.key), "amount", "many")
            try await fixture.send("DEL", .key(some.returned.key))
            try await fixture.send("SET", .key(LedgerKeys.lock(some.done.to)), .text("\(some.done.id.text):7"))
            try await fixture.send("SET", "tally:{s07}:payment:hello", "1")
            let transit = LedgerKeys.transit(some.debited.from.shard, .usd)
            try await fixture.send("HSET", .key(transit), "balance", "much")
            let report = try await fixture.audit(isSettled: true)
            #expect(
                try PinnedText.difference(report.json, from: "payments-violated.json", replacing: Self.changes) == nil
            )
            #expect(
                try PinnedText.difference(report.text, from: "payments-violated.txt", replacing: Self.changes) == nil
            )
        }
    }
}
