import Coordination
import Ledger
import Payments
import RESP
import Redis
import Support
import Testing

/// A key of a wrong type, at every position of every script of payments: an error, and no money or record changes.
struct PaymentsWrongTypeTests {
    private static func keys(_ fixture: PaymentsFixture, _ id: PaymentID?) -> [String] {
        let (alice, bob) = (fixture.account("alice"), fixture.account("bob"))
        var keys: [String] = []
        for account in [alice, bob] {
            keys += [
                LedgerKeys.account(account), LedgerKeys.entries(account), LedgerKeys.lock(account),
                LedgerKeys.waiters(account), LedgerKeys.world(account.shard, account.currency),
                LedgerKeys.transit(account.shard, account.currency), ShardKeys.wake(account.shard),
                ShardKeys.work(account.shard), ShardKeys.woken(account.shard), PaymentKeys.events(account.shard),
                PaymentKeys.list(account),
            ]
        }
        let home = alice.shard
        keys += [
            PaymentKeys.open(home), PaymentKeys.dead(home), PaymentKeys.outbox(home), PaymentKeys.locked(home),
            PaymentKeys.flight(home),
        ]
        if let id {
            keys += [PaymentKeys.payment(home, id: id.text), PaymentKeys.creditMark(bob.shard, id: id.text)]
        }
        return keys
    }

    /// Puts something of a type that no key of ours has in the key's place.
    private static func spoil(_ fixture: PaymentsFixture, _ key: String) async throws {
        _ = try await fixture.node.send(RedisCommand("DEL", .key(key)), within: nil)
        _ = try await fixture.node.send(RedisCommand("PFADD", .key(key), "a"), within: nil)
    }

    /// Balances, entries and records: what a broken key must never leave half done.
    private static func money(_ fixture: PaymentsFixture) async throws -> [String: String] {
        try await fixture.everything().filter { key, _ in
            [":account:", ":entries:", ":payment:", ":payment_credit:", ":flight"].contains { key.contains($0) }
        }
    }

    @Test func `accepting leaves everything as it was`() async throws {
        try await PaymentsFixture.with { fixture in
            let order = fixture.order("alice", "bob", 5, key: "k")
            let claim = try #require(order.claim)
            let records = ShardKeys.idempotency(Shard(ofUser: claim.digest), digest: claim.digest)
            let home = fixture.account("alice")
            let keys = [
                records, LedgerKeys.waiters(home), PaymentKeys.open(home.shard), ShardKeys.work(home.shard),
                PaymentKeys.events(home.shard), PaymentKeys.list(home),
            ]
            for key in keys {
                _ = try await fixture.node.send(RedisCommand("FLUSHALL"), within: nil)
                try await Self.spoil(fixture, key)
                let before = try await fixture.everything()
                await #expect(throws: PaymentsError.self, "\(key)") {
                    try await fixture.payments.accept(order, .local)
                }
                #expect(try await fixture.everything() == before, "\(key)")
            }
        }
    }

    @Test(arguments: PaymentsConfiguration.Steps.allCases)
    func `every step of the workers leaves the money whole`(steps: PaymentsConfiguration.Steps) async throws {
        var options = PaymentsFixture.Options()
        options.steps = steps
        try await PaymentsFixture.with(options) { fixture in
            for phase in steps == .whole ? ["whole"] : ["lock", "apply"] {
                for index in Self.keys(fixture, nil).indices.map({ $0 }) + [1000, 1001] {
                    _ = try await fixture.node.send(RedisCommand("FLUSHALL"), within: nil)
                    try await fixture.fund("alice", 10)
                    try await fixture.fund("bob", 10)
                    let id = try await fixture.pay("alice", "bob", 5)
                    if phase == "apply" { _ = await fixture.worker.handle(try await fixture.lockerMessages()) }
                    let messages = try await fixture.lockerMessages() + fixture.applierMessages()
                    let all = Self.keys(fixture, id)
                    let key = index < 1000 ? all[index] : all[all.count - 1 - (index - 1000)]
                    try await Self.spoil(fixture, key)
                    let before = try await Self.money(fixture)
                    _ = await fixture.worker.handle(messages)
                    try await Self.expectWhole(fixture, id, key, before, phase, steps)
                }
            }
        }
    }

    /// Either nothing of the money changed, or the step had no need of the key and all of it happened.
    private static func expectWhole(
        _ fixture: PaymentsFixture,
        _ id: PaymentID,
        _ key: String,
        _ before: [String: String],
        _ phase: String,
        _ steps: PaymentsConfiguration.Steps
    ) async throws {
        func entries(_ user: String) async throws -> [Entry.Kind]? {
            try? await fixture.entries(user).map(\.kind)
        }
        let (alice, bob) = (try await entries("alice"), try await entries("bob"))
        let isPaid = alice == [.add, .debit] && bob == [.add, .credit]
        let isUntouched = (alice ?? [.add]) == [.add] && (bob ?? [.add]) == [.add]
        // Of a payment that is split the debit stands by itself until the credit can be made.
        let isOnItsWay = steps == .split && alice == [.add, .debit] && (bob ?? [.add]) == [.add]
        #expect(isPaid || isUntouched || isOnItsWay, "\(phase) \(key): \(alice ?? []) \(bob ?? [])")
        if let payment = try? await fixture.payments.payment(id) {
            if payment.state == .done { #expect(isPaid, "\(phase) \(key)") }
            if payment.state == .debited { #expect(isOnItsWay || isPaid, "\(phase) \(key)") }
            if payment.state == .pending || payment.state == .locked { #expect(isUntouched, "\(phase) \(key)") }
        }
        if isUntouched, steps == .whole {
            let after = try await Self.money(fixture).filter { !$0.key.contains(":payment:") }
            #expect(after == before.filter { !$0.key.contains(":payment:") }, "\(phase) \(key)")
        }
    }
}
