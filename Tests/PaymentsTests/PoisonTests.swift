import Coordination
import Ledger
import Payments
import RESP
import Redis
import Support
import Testing

/// Payments that cannot be carried out, and messages that are lost.
struct PoisonTests {
    @Test(arguments: PaymentsConfiguration.Steps.allCases)
    func `a poison payment ends in the dead letters after 20 tries while its neighbours go on`(
        steps: PaymentsConfiguration.Steps
    ) async throws {
        var options = PaymentsFixture.Options()
        options.steps = steps
        options.workers = 2
        options.lease = .milliseconds(500)
        try await PaymentsFixture.with(options) { fixture in
            try await fixture.fund("alice", 100)
            let broken = LedgerKeys.entries(fixture.account("broken"))
            _ = try await fixture.node.send(RedisCommand("SET", .key(broken), "no list"), within: nil)
            let poison = try await fixture.pay("alice", "broken", 5)
            var neighbours: [PaymentID] = []
            for number in 0..<5 { neighbours.append(try await fixture.pay("alice", "bob", Int64(number + 1))) }
            // The poison payment is first with its payer: its neighbours go on once it has given up its place.
            try await eventually("it is given up", within: .seconds(60)) {
                let payment = try await fixture.payment(poison)
                return payment.dead != nil
            }
            try await fixture.ended(neighbours)
            let payment = try await fixture.payment(poison)
            #expect(payment.attempts == 20)
            #expect(!payment.state.isTerminal)
            #expect(try await fixture.balance("bob") == 15)

            // Once the cause is gone it is given to the workers again.
            _ = try await fixture.node.send(RedisCommand("DEL", .key(broken)), within: nil)
            let shard = fixture.account("alice").shard
            #expect(try await fixture.payments.deadLetters(shard).map(\.payment.id) == [poison])
            #expect(try await fixture.payments.redrive(poison))
            try await fixture.ended([poison])
            #expect(try await fixture.state(poison) == .done)
            #expect(try await fixture.balance("alice") == 80)
            #expect(try await fixture.payments.redrive(poison) == false)
            try await fixture.expectSettled()
        }
    }

    @Test(arguments: PaymentsConfiguration.Steps.allCases)
    func `a payment that each worker dies of is a dead letter in the end, and what workers had beside it is not`(
        steps: PaymentsConfiguration.Steps
    ) async throws {
        let server = try PaymentsFixture.server()
        defer { server.kill() }
        var options = PaymentsFixture.Options()
        options.steps = steps
        let point = steps == .whole ? "payments.once.before" : "payments.join_from.before"
        // A worker that stays there is as good as dead.
        options.failpoints = ["\(point)=sleep:600000"]
        try await PaymentsFixture.with(options, server: server) { fixture in
            for number in 0..<20 {
                try await fixture.fund("payer-\(number)", 1)
                try await fixture.pay("payer-\(number)", "bob", 1)
            }
            let messages = try await fixture.lockerMessages().map { message in
                WorkMessage(stream: message.stream, id: message.id, fields: message.fields, isRedelivered: true)
            }
            try await withThrowingTaskGroup(of: Void.self) { workers in
                var begun = 0
                for life in 1...20 {
                    workers.addTask { _ = await fixture.worker.handle(messages) }
                    // The first three begin all at once when each goes through its steps by itself.
                    begun += steps == .split && life <= 3 ? messages.count : 1
                    try await eventually("worker \(life) begins") { fixture.failpoints.count(point) == begun }
                }
                workers.cancelAll()
            }
        }
        options.failpoints = []
        try await PaymentsFixture.with(options, server: server) { fixture in
            try await fixture.drain()
            var dead: [Payment] = []
            for shard in Shard.all { dead += try await fixture.payments.deadLetters(shard).map(\.payment) }
            #expect(dead.map(\.attempts) == [20])
            #expect(try await fixture.balance("bob") == 19)
            #expect(try await fixture.payments.redrive(#require(dead.first).id))
            try await fixture.drain()
            #expect(try await fixture.balance("bob") == 20)
            try await fixture.sweeper.sweep()
            try await fixture.expectSettled()
        }
    }

    @Test func `a dead letter whose money has not moved can be cancelled`() async throws {
        var options = PaymentsFixture.Options()
        options.deliveryLimit = 1
        try await PaymentsFixture.with(options) { fixture in
            try await fixture.fund("alice", 5)
            let broken = LedgerKeys.lock(fixture.account("broken"))
            _ = try await fixture.node.send(RedisCommand("HSET", .key(broken), "a", "b"), within: nil)
            let id = try await fixture.pay("alice", "broken", 5)
            try await fixture.drain()
            #expect(try await fixture.payment(id).dead != nil)
            _ = try await fixture.node.send(RedisCommand("DEL", .key(broken)), within: nil)
            let result = try await fixture.payments.cancel(id, caller: "test", key: nil, requestID: "r", .local)
            #expect(result.outcome == .cancelled)
            #expect(try await fixture.payments.redrive(id) == false)
            try await fixture.sweeper.sweep()
            try await fixture.expectSettled()
        }
    }

    @Test(arguments: PaymentsConfiguration.Steps.allCases)
    func `payments whose messages are lost are found by the sweeper`(
        steps: PaymentsConfiguration.Steps
    ) async throws {
        var options = PaymentsFixture.Options()
        options.steps = steps
        options.lease = .milliseconds(100)
        try await PaymentsFixture.with(options) { fixture in
            try await fixture.fund("alice", 100)
            let first = try await fixture.pay("alice", "bob", 5)
            let second = try await fixture.pay("alice", "carol", 6)
            func loseAll() async throws {
                for message in try await fixture.applierMessages() + fixture.lockerMessages() {
                    _ = try await fixture.node.send(RedisCommand("DEL", .key(message.stream)), within: nil)
                }
            }
            try await loseAll()
            // Once as accepted, and once with both locks.
            try await eventually("it is found again") {
                try await fixture.sweeper.sweep()
                _ = await fixture.worker.handle(try await fixture.lockerMessages())
                return try await fixture.state(first) == (steps == .whole ? .done : .locked)
            }
            try await loseAll()
            try await eventually("both end") {
                try await fixture.sweeper.sweep()
                let messages = try await fixture.applierMessages() + fixture.lockerMessages()
                _ = await fixture.worker.handle(messages)
                let states = try await fixture.states([first, second])
                return states == [.done, .done]
            }
            #expect(try await fixture.balance("alice") == 89)
            try await eventually("all is cleaned up") {
                try await fixture.sweeper.sweep()
                let messages = try await fixture.applierMessages() + fixture.lockerMessages()
                _ = await fixture.worker.handle(messages)
                let open = try await fixture.keys().filter { $0.contains(":payments:open") }
                return open.isEmpty && messages.isEmpty
            }
            try await fixture.expectSettled()
        }
    }

    @Test(arguments: PaymentsConfiguration.Steps.allCases)
    func `two workers with the same message move the money once`(steps: PaymentsConfiguration.Steps) async throws {
        var options = PaymentsFixture.Options()
        options.steps = steps
        try await PaymentsFixture.with(options) { fixture in
            try await fixture.fund("alice", 1000)
            for _ in 0..<50 {
                let id = try await fixture.pay("alice", "bob", 3)
                let accepted = try await fixture.lockerMessages()
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<4 { group.addTask { _ = await fixture.worker.handle(accepted) } }
                }
                let locked = try await fixture.applierMessages()
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<4 { group.addTask { _ = await fixture.worker.handle(locked) } }
                }
                try await fixture.drain()
                #expect(try await fixture.state(id) == .done)
            }
            #expect(try await fixture.balance("alice") == 850)
            #expect(try await fixture.balance("bob") == 150)
            try await fixture.expectSettled()
        }
    }
}
