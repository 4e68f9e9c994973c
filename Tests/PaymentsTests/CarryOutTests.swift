import Coordination
import Ledger
import Payments
import RESP
import Redis
import Support
import Testing

/// Payments carried out by several workers at once, whole and split.
struct CarryOutTests {
    private static func options(_ steps: PaymentsConfiguration.Steps) -> PaymentsFixture.Options {
        var options = PaymentsFixture.Options()
        options.steps = steps
        options.workers = 3
        return options
    }

    @Test(arguments: PaymentsConfiguration.Steps.allCases)
    func `money moves once, in order for each payer, and nothing is left`(
        steps: PaymentsConfiguration.Steps
    ) async throws {
        try await PaymentsFixture.with(Self.options(steps)) { fixture in
            for user in ["alice", "bob", "carol"] { try await fixture.fund(user, 100) }
            var ids: [PaymentID] = []
            for cents in 1...20 {
                ids.append(try await fixture.pay("alice", cents.isMultiple(of: 2) ? "bob" : "carol", Int64(cents)))
            }
            try await fixture.ended(ids)
            // 1 + … + 13 is 91: the next ones are too much, until one fits again, which none does but those below 10.
            let debits = try await fixture.entries("alice").compactMap(\.paymentID)
            let states = try await fixture.states(ids)
            #expect(debits == zip(ids, states).filter { $0.1 == .done }.map(\.0.text))
            #expect(states.prefix(13).allSatisfy { $0 == .done })
            #expect(states.dropFirst(13).allSatisfy { $0 == .failed })
            #expect(try await fixture.payment(ids[19]).reason == "insufficient-funds")
            #expect(try await fixture.balance("alice") == 9)
            #expect(try await fixture.balance("bob") + fixture.balance("carol") == 291)
            try await fixture.expectSettled()
        }
    }

    /// There and back between pairs, and around in rings: what would stand still if locks were taken one by one.
    @Test(arguments: [(PaymentsConfiguration.Steps.whole, 3000), (.split, 1000)])
    func `pairs and rings by the thousand never stand still`(
        steps: PaymentsConfiguration.Steps,
        count: Int
    ) async throws {
        try await PaymentsFixture.with(Self.options(steps)) { fixture in
            let rings = (0..<10).map { ring in (0..<5).map { "ring\(ring)-\($0)" } }
            let pairs = (0..<10).map { ["one\($0)", "other\($0)"] }
            let groups = rings + pairs
            for user in groups.joined() { try await fixture.fund(user, 1_000_000) }
            let ids = try await withThrowingTaskGroup(of: [PaymentID].self) { group in
                for lane in 0..<20 {
                    group.addTask {
                        var ids: [PaymentID] = []
                        for number in 0..<count / 20 {
                            // Two lanes in each group, one against the other in pairs.
                            let users = groups[(lane + number % 2 * 7) % groups.count]
                            let from = users[(number + lane) % users.count]
                            let to = users[(number + lane + 1) % users.count]
                            ids.append(try await fixture.pay(from, to, 1 + Int64(number % 7)))
                        }
                        return ids
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(ids.count == count)
            try await fixture.ended(ids, within: .seconds(120))
            let states = try await fixture.states(ids)
            #expect(states.allSatisfy { $0 == .done })
            var sum: Int64 = 0
            for user in groups.joined() { sum += try await fixture.balance(user) }
            #expect(sum == 70_000_000)
            try await fixture.expectSettled()
        }
    }

    @Test(arguments: PaymentsConfiguration.Steps.allCases)
    func `a payer with very many payments holds up nobody else`(
        steps: PaymentsConfiguration.Steps
    ) async throws {
        var options = PaymentsFixture.Options()
        options.steps = steps
        try await PaymentsFixture.with(options) { fixture in
            try await fixture.fund("hot", 1_000_000)
            try await fixture.fund("cold", 10)
            for number in 0..<200 { try await fixture.pay("hot", "payee\(number % 20)", 1) }
            // One round of every message there is: the hot payer gets one payment done at most.
            let id = try await fixture.pay("cold", "payee7", 10)
            _ = await fixture.worker.handle(try await fixture.lockerMessages())
            _ = await fixture.worker.handle(try await fixture.applierMessages())
            #expect(try await fixture.state(id) == .done)
            // An add of a payee does not wait for them either.
            let result = try await fixture.ledger.add(
                AddOrder(fixture.account("payee9"), amount: Money(minorUnits: 1), reference: nil),
                .local
            )
            guard case .added = result.outcome else {
                Issue.record("\(result.outcome)")
                return
            }
        }
    }

    @Test(arguments: PaymentsConfiguration.Steps.allCases)
    func `a payee who cannot be paid leaves the money with the payer`(
        steps: PaymentsConfiguration.Steps
    ) async throws {
        try await PaymentsFixture.with(Self.options(steps)) { fixture in
            try await fixture.fund("alice", 500)
            let full = fixture.account("full")
            // As if it held all that can be counted: its shard's world is on the other side.
            try await fixture.fund("full", 1)
            for key in [LedgerKeys.account(full), LedgerKeys.world(full.shard, full.currency)] {
                let value = key.contains("~world") ? -Money.largestBalance.minorUnits : Money.largestBalance.minorUnits
                _ = try await fixture.node.send(
                    RedisCommand("HSET", .key(key), "balance", .integer(Int(value))),
                    within: nil
                )
            }
            let id = try await fixture.pay("alice", "full", 100)
            try await fixture.ended([id])
            let payment = try await fixture.payment(id)
            #expect(payment.state.status == "failed" && payment.reason == "balance-overflow")
            #expect(try await fixture.balance("alice") == 500)
            let kinds = try await fixture.entries("alice").map(\.kind)
            #expect(kinds == (steps == .split ? [.add, .debit, .back] : [.add]))
            try await eventually("all is cleaned up") {
                let left = try await fixture.keys().filter { $0.contains(":payments:open") || $0.contains("waiters") }
                return left.isEmpty
            }
            #expect(try await fixture.shardSums() == [:])
        }
    }
}

extension PaymentsFixture {
    func states(_ ids: [PaymentID]) async throws -> [Payment.State] {
        var states: [Payment.State] = []
        for id in ids { states.append(try await self.state(id)) }
        return states
    }
}
