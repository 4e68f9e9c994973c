import Coordination
import Ledger
import Payments
import RESP
import Redis
import Support
import Testing

/// Making, cancelling and reversing payments, without workers.
struct AcceptTests {
    private static func options(_ steps: PaymentsConfiguration.Steps) -> PaymentsFixture.Options {
        var options = PaymentsFixture.Options()
        options.steps = steps
        return options
    }

    @Test(arguments: PaymentsConfiguration.Steps.allCases)
    func `a key makes one payment, whoever is in between`(steps: PaymentsConfiguration.Steps) async throws {
        try await PaymentsFixture.with(Self.options(steps)) { fixture in
            let order = fixture.order("alice", "bob", 5, key: "k")
            let results = try await withThrowingTaskGroup(of: PaymentResult.self) { group in
                for _ in 0..<100 { group.addTask { try await fixture.payments.accept(order, .local) } }
                return try await group.reduce(into: [PaymentResult]()) { $0.append($1) }
            }
            #expect(Set(results.map(\.payment)).count == 1)
            let records = try await fixture.keys().filter { $0.contains(":payment:") }
            #expect(records.count == 1)
            let other = fixture.order("alice", "carol", 5, key: "k")
            await #expect(throws: PaymentsError.ledger(.idempotencyKeyReused)) {
                try await fixture.payments.accept(other, .local)
            }
            // Also when the payer, and so the shard, is another.
            let payer = fixture.order("dave", "bob", 5, key: "k")
            await #expect(throws: PaymentsError.ledger(.idempotencyKeyReused)) {
                try await fixture.payments.accept(payer, .local)
            }
        }
    }

    @Test func `without a key two requests are two payments`() async throws {
        try await PaymentsFixture.with { fixture in
            let first = try await fixture.pay("alice", "bob", 5)
            let second = try await fixture.pay("alice", "bob", 5)
            #expect(first != second)
        }
    }

    @Test func `a request whose answer was lost behind its claim goes on with the same payment`() async throws {
        for point in ["claim", "accept", "settle"] {
            var options = Self.options(.split)
            options.failpoints = ["payments.\(point).after=drop@1"]
            try await PaymentsFixture.with(options) { fixture in
                let order = fixture.order("alice", "bob", 5, key: "k")
                await #expect(throws: PaymentsError.self, "\(point)") {
                    try await fixture.payments.accept(order, .local)
                }
                let id = try #require(try await fixture.payments.accept(order, .local).payment)
                let again = try await fixture.payments.accept(order, .local)
                #expect(again.payment == id && again.isReplay, "\(point)")
                let records = try await fixture.keys().filter { $0.contains(":payment:") }
                #expect(records.count == 1, "\(point)")
                #expect(fixture.failpoints.count("payments.\(point).after") >= 1)
            }
        }
    }

    @Test func `too many payments of a payer or a shard are refused and change nothing`() async throws {
        var options = PaymentsFixture.Options()
        options.accountLimit = 2
        options.queueLimit = 3
        try await PaymentsFixture.with(options) { fixture in
            try await fixture.pay("alice", "bob", 1)
            try await fixture.pay("alice", "bob", 1)
            let before = try await fixture.everything()
            await #expect(throws: PaymentsError.ledger(.accountBusy)) {
                try await fixture.payments.accept(fixture.order("alice", "bob", 1, key: "k"), .local)
            }
            #expect(try await fixture.everything() == before)
            // Another payer of the same shard.
            let shard = fixture.account("alice").shard
            let other = try #require((0...).lazy.map { "u\($0)" }.first { Shard(ofUser: $0) == shard })
            try await fixture.pay(other, "bob", 1)
            await #expect(throws: PaymentsError.queueFull) {
                try await fixture.payments.accept(fixture.order(other, "bob", 1), .local)
            }
        }
    }

    @Test func `one payer cannot fill a shard with payments for later`() async throws {
        var options = PaymentsFixture.Options()
        options.accountLimit = 2
        try await PaymentsFixture.with(options) { fixture in
            let reply = try await fixture.node.send(RedisCommand("TIME"), within: nil)
            var order = fixture.order("alice", "bob", 1)
            order.notBefore = try #require(ServerTime(timeReply: reply)).advanced(byMilliseconds: 86_400_000)
            let later = order
            for _ in 0..<2 { _ = try await fixture.payments.accept(later, .local) }
            let before = try await fixture.everything()
            await #expect(throws: PaymentsError.ledger(.accountBusy)) {
                try await fixture.payments.accept(later, .local)
            }
            #expect(try await fixture.everything() == before)
            // They do not hold up a payment that is to happen now.
            try await fixture.pay("alice", "bob", 1)
        }
    }

    @Test(arguments: PaymentsConfiguration.Steps.allCases)
    func `only a pending payment is cancelled, and then for good`(steps: PaymentsConfiguration.Steps) async throws {
        try await PaymentsFixture.with(Self.options(steps)) { fixture in
            try await fixture.fund("alice", 10)
            let id = try await fixture.pay("alice", "bob", 5)
            for _ in 0..<2 {
                let result = try await fixture.payments.cancel(id, caller: "test", key: nil, requestID: "r", .local)
                #expect(result.outcome == .cancelled)
            }
            try await fixture.drain()
            #expect(try await fixture.state(id) == .cancelled)
            #expect(try await fixture.balance("alice") == 10)
            try await fixture.expectSettled()

            let done = try await fixture.pay("alice", "bob", 5)
            try await fixture.drain()
            let refused = try await fixture.payments.cancel(done, caller: "test", key: "c", requestID: "first", .local)
            #expect(refused.outcome == .refused(.notPending(status: "done"), requestID: "first"))
            let again = try await fixture.payments.cancel(done, caller: "test", key: "c", requestID: "second", .local)
            #expect(again.outcome == refused.outcome && again.isReplay)
        }
    }

    @Test(arguments: PaymentsConfiguration.Steps.allCases)
    func `a payment is reversed at most once, and again only when its reversal failed`(
        steps: PaymentsConfiguration.Steps
    ) async throws {
        try await PaymentsFixture.with(Self.options(steps)) { fixture in
            try await fixture.fund("alice", 10)
            let id = try await fixture.pay("alice", "bob", 10)
            let early = try? await fixture.payments.reverse(id, caller: "test", key: nil, requestID: "r", .local)
            #expect(early == nil)
            try await fixture.drain()

            // Bob has spent it: the reversal fails, and may be tried again.
            try await fixture.pay("bob", "carol", 10)
            try await fixture.drain()
            let first = try #require(
                try await fixture.payments.reverse(id, caller: "test", key: "k1", requestID: "r", .local).payment
            )
            try await fixture.drain()
            #expect(try await fixture.state(first) == .failed)

            try await fixture.fund("bob", 10)
            let results = try await withThrowingTaskGroup(of: PaymentID?.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        try? await fixture.payments.reverse(
                            id,
                            caller: "test",
                            key: nil,
                            requestID: "\(Int.random(in: 0...(.max)))",
                            .local
                        )
                        .payment
                    }
                }
                return try await group.reduce(into: [PaymentID?]()) { $0.append($1) }.compactMap(\.self)
            }
            #expect(results.count == 1)
            try await fixture.drain()
            #expect(try await fixture.balance("alice") == 10)
            #expect(try await fixture.balance("bob") == 0)
            // The first key still has its first answer.
            let replay = try await fixture.payments.reverse(id, caller: "test", key: "k1", requestID: "r", .local)
            #expect(replay.payment == first && replay.isReplay)
            let late = try await fixture.payments.reverse(id, caller: "test", key: "k2", requestID: "late", .local)
            #expect(late.refusal == results.first.map { .alreadyReversed(by: $0) })
            let own = try #require(results.first)
            let twice = try await fixture.payments.reverse(own, caller: "test", key: "k3", requestID: "r", .local)
            #expect(twice.refusal == .notReversible)
            try await fixture.expectSettled()
        }
    }

    @Test(arguments: PaymentsConfiguration.Steps.allCases)
    func `a payment that is to wait waits, and then takes its place behind those who are there`(
        steps: PaymentsConfiguration.Steps
    ) async throws {
        try await PaymentsFixture.with(Self.options(steps)) { fixture in
            try await fixture.fund("alice", 10)
            var order = fixture.order("alice", "bob", 3)
            let now = try await fixture.node.send(RedisCommand("TIME"), within: nil)
            let time = try #require(ServerTime(timeReply: now))
            order.notBefore = time.advanced(byMilliseconds: 600)
            let id = try #require(try await fixture.payments.accept(order, .local).payment)
            try await fixture.sweeper.sweep()
            try await fixture.drain()
            #expect(try await fixture.state(id) == .pending)
            try await eventually("its time comes") {
                try await fixture.sweeper.sweep()
                try await fixture.drain()
                return try await fixture.state(id) == .done
            }
            let payment = try await fixture.payment(id)
            // Nobody sees the locks of a whole payment.
            #expect((payment.locked == nil) == (steps == .whole))
            #expect(try #require(payment.locked ?? payment.finished) >= time.advanced(byMilliseconds: 600))
            try await fixture.expectSettled()
        }
    }
}
