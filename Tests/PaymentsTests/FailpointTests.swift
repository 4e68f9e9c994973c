import Coordination
import Ledger
import Payments
import RESP
import Redis
import Support
import Synchronization
import Testing

/// The reply of each step is lost once, and so is each step itself: the books end as if nothing had happened.
struct FailpointTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let steps: PaymentsConfiguration.Steps
        let point: String

        var testDescription: String { "\(self.steps.rawValue) \(self.point)" }
    }

    private static let split = [
        "claim", "accept", "settle", "join_from", "join_to", "take_from", "take_to", "hold", "debit", "credit", "final",
        "release_to", "leave_from",
    ]

    static let cases: [Case] = [
        (PaymentsConfiguration.Steps.whole, ["accept", "once"]), (.split, Self.split),
    ].flatMap { steps, names in
        names.flatMap { name in ["before", "after"].map { Case(steps: steps, point: "payments.\(name).\($0)") } }
    }

    @Test(arguments: FailpointTests.cases)
    func `a reply or a step that is lost changes nothing in the end`(of given: Case) async throws {
        var options = PaymentsFixture.Options()
        options.steps = given.steps
        options.lease = .milliseconds(200)
        options.failpoints = (1...3).map { "\(given.point)=drop@\($0)" }
        try await PaymentsFixture.with(options) { fixture in
            try await fixture.fund("alice", 100)
            try await fixture.fund("full", 1)
            try await fixture.fillUp("full")
            var ids: [PaymentID] = []
            // Two that happen, one that is too much, and one whose payee cannot be paid.
            for (payee, cents) in [("bob", 30), ("carol", 40), ("bob", 50), ("full", 5)] {
                let order = fixture.order("alice", payee, Int64(cents), key: "key-\(cents)")
                ids.append(try await fixture.accepted(order))
            }
            let seen = Mutex<Set<String>>([])
            try await eventually("\(given.point): all have ended", within: .seconds(20)) {
                // A message that was not acknowledged is delivered again, as when a worker that had it is gone.
                let messages = try await fixture.applierMessages() + fixture.lockerMessages()
                _ = await fixture.worker.handle(
                    messages.map { message in
                        WorkMessage(
                            stream: message.stream,
                            id: message.id,
                            fields: message.fields,
                            isRedelivered: !seen.withLock { $0.insert("\(message.stream) \(message.id)").inserted }
                        )
                    }
                )
                // A sweeper whose step is lost comes again.
                _ = try? await fixture.sweeper.sweep()
                let states = try await fixture.states(ids)
                let open = try await fixture.keys().filter { $0.contains(":payments:open") }
                return states.allSatisfy(\.isTerminal) && open.isEmpty
            }
            #expect(fixture.failpoints.count(given.point) >= 1, "\(given.point) was never passed")
            let states = try await fixture.states(ids).map(\.status)
            #expect(states == ["done", "done", "failed", "failed"])
            #expect(try await fixture.balance("alice") == 30)
            #expect(try await fixture.balance("bob") == 30)
            #expect(try await fixture.balance("carol") == 40)
            let debits = try await fixture.entries("alice").filter { $0.kind == .debit }.compactMap(\.paymentID)
            #expect(Set(debits).count == debits.count)
            #expect(try await fixture.shardSums() == [:])
            #expect(try await fixture.keys().filter { $0.contains("waiters:") || $0.contains("lock:") } == [])
        }
    }

    @Test func `the failpoints are at least twelve, and each is one that a payment passes`() {
        #expect(Set(Self.cases.map(\.point)).count >= 24)
    }

    @Test func `a rule names a place, what happens there and when`() {
        #expect(Failpoints.Rule("a.b=drop@3")?.pass == 3)
        #expect(Failpoints.Rule("a.b=kill")?.action == .kill(once: nil))
        #expect(Failpoints.Rule("a.b=kill:/tmp/once@2")?.action == .kill(once: "/tmp/once"))
        #expect(Failpoints.Rule("a.b=sleep:250")?.action == .sleep(milliseconds: 250))
        for text in ["a.b", "a.b=", "a.b=burn", "a.b=drop@0", "a.b=sleep", "a.b=sleep:-1", "a.b=drop@x"] {
            #expect(Failpoints.Rule(text) == nil, "\(text)")
        }
    }
}

extension PaymentsFixture {
    /// Makes a payment as a client does: again with the same key until there is an answer.
    func accepted(_ order: PaymentOrder) async throws -> PaymentID {
        for _ in 0..<10 {
            do { return try #require(try await self.payments.accept(order, .local).payment) } catch is PaymentsError {
                continue
            }
        }
        throw NoAnswer()
    }

    struct NoAnswer: Error {}

    /// As if the user held all that can be counted; the outside world is on the other side.
    func fillUp(_ user: String) async throws {
        let account = self.account(user)
        let most = Money.largestBalance.minorUnits
        let world = LedgerKeys.world(account.shard, account.currency)
        let held = try await self.node.send(RedisCommand("HGET", .key(world), "balance"), within: nil).integerValue ?? 0
        let had = try await self.balance(user)
        for (key, value) in [(LedgerKeys.account(account), most), (world, held - most + had)] {
            _ = try await self.node.send(
                RedisCommand("HSET", .key(key), "balance", .integer(Int(value))),
                within: nil
            )
        }
    }
}
