import Coordination
import Ledger
import Payments
import RESP
import Redis
import Support
import Testing

/// Workers that are away for longer than their lease, in the middle of what they do.
struct PaymentFenceTests {
    @Test func `a payment whose lease ended is fenced, goes back to the lockers and is done once`() async throws {
        var options = PaymentsFixture.Options()
        options.steps = .split
        try await PaymentsFixture.with(options) { fixture in
            try await fixture.fund("alice", 10)
            try await fixture.fund("carol", 10)
            let id = try await fixture.pay("alice", "bob", 5)
            _ = await fixture.worker.handle(try await fixture.lockerMessages())
            let before = try await fixture.payment(id)
            #expect(before.state == .locked)
            // The lease ends, and another takes the payee meanwhile.
            for user in ["alice", "bob"] {
                let lock = LedgerKeys.lock(fixture.account(user))
                _ = try await fixture.node.send(RedisCommand("DEL", .key(lock)), within: nil)
            }
            _ = await fixture.worker.handle(try await fixture.applierMessages())
            let fenced = try await fixture.payment(id)
            #expect(fenced.state == .locked, "nothing moved")
            #expect(try await fixture.entries("bob") == [])
            #expect(try await fixture.lockerMessages().count == 1, "back with the lockers")
            try await fixture.drain()
            let after = try await fixture.payment(id)
            #expect(after.state == .done)
            #expect(try #require(after.tokenFrom) > (try #require(before.tokenFrom)))
            #expect(after.attempts == 0, "being fenced is no failed try")
            #expect(try await fixture.balance("bob") == 5)
            try await fixture.expectSettled()
        }
    }

    /// The work of a worker between taking both locks and giving them back.
    enum Worker: CaseIterable, Sendable {
        /// Ours: a script that checks lock, token and state.
        case fenced
        /// The way of most services: read both balances, be away, write both. The negative control.
        case lockOnly
    }

    /// Several workers move money among few accounts; each is now and then away for up to four leases.
    @Test(arguments: Worker.allCases)
    func `workers paused beyond their lease lose no money with lock, fence and guard, and do with the lock alone`(
        worker: Worker
    ) async throws {
        var options = PaymentsFixture.Options()
        options.lease = .milliseconds(250)
        options.deliveryLimit = 1000
        options.steps = .split
        // Away behind each step that matters, once in a while.
        options.failpoints = ["hold", "debit", "credit", "take_from"].enumerated().flatMap { index, name in
            (1...3).map { "payments.\(name).after=sleep:\(125 + 219 * (($0 + index) % 5))@\($0 * 11)" }
        }
        options.workers = worker == .fenced ? 4 : 0
        let users = (0..<4).map { "user\($0)" }
        try await PaymentsFixture.with(options) { fixture in
            for user in users { try await fixture.fund(user, 1000) }
            if worker == .fenced {
                var ids: [PaymentID] = []
                for number in 0..<80 {
                    ids.append(
                        try await fixture.pay(users[number % 4], users[(number + 1 + number / 4 % 3) % 4], 1)
                    )
                }
                try await fixture.ended(ids)
                let states = try await fixture.states(ids)
                #expect(states.allSatisfy { $0 == .done })
                try await fixture.expectSettled()
            } else {
                try await Self.payWithLockOnly(fixture, users)
            }
            var sum: Int64 = 0
            for user in users { sum += try await fixture.balance(user) }
            if worker == .fenced { #expect(sum == 4000) } else { #expect(sum != 4000, "the control lost nothing") }
        }
    }

    /// Two workers in turn: the first reads and is away for two leases, the second pays meanwhile, the first writes.
    private static func payWithLockOnly(_ fixture: PaymentsFixture, _ users: [String]) async throws {
        let lock = FencedLock(redis: fixture.node, lease: .milliseconds(40))
        func take(_ operation: String, _ user: String) async throws -> Int64 {
            let keys = fixture.ledger.lockKeys(fixture.account(user))
            try await eventually("the lock of \(user) is free") {
                if case .taken = try await lock.take(keys, operation: operation, order: 1) { return true }
                return false
            }
            return try await fixture.balance(user)
        }
        func write(_ user: String, _ balance: Int64) async throws {
            let key = LedgerKeys.account(fixture.account(user))
            _ = try await fixture.node.send(
                RedisCommand("HSET", .key(key), "balance", .integer(Int(balance))),
                within: nil
            )
        }
        for round in 0..<5 {
            let (from, to, third) = (users[round % 4], users[(round + 1) % 4], users[(round + 2) % 4])
            let (first, second) = ("first-\(round)", "second-\(round)")
            let (payer, payee) = (try await take(first, from), try await take(first, to))
            try await eventually("the leases end") {
                let locks = [from, to].map { LedgerKeys.lock(fixture.account($0)) }
                let left = try await fixture.node.send(
                    RedisCommand("EXISTS", .key(locks[0]), .key(locks[1])),
                    within: nil
                )
                return left.integerValue == 0
            }
            for user in [from, to] {
                try await lock.release(fixture.ledger.lockKeys(fixture.account(user)), operation: first)
            }
            let (otherPayer, otherPayee) = (try await take(second, to), try await take(second, third))
            try await write(to, otherPayer - 7)
            try await write(third, otherPayee + 7)
            for user in [to, third] {
                try await lock.release(fixture.ledger.lockKeys(fixture.account(user)), operation: second)
            }
            // Back, and sure of the lock.
            try await write(from, payer - 5)
            try await write(to, payee + 5)
        }
    }
}
