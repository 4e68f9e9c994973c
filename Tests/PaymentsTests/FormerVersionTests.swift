import Coordination
import Evidence
import Ledger
import Payments
import RESP
import Redis
import Support
import Testing

/// Payments as the version before left them are finished by today's workers, once.
///
/// It had one mode more: a script that took both locks and handed the payment on, and one that moved the money.
struct FormerVersionTests {
    /// Where a worker of the version before left a payment, and what has become of it since.
    enum Place: String, CaseIterable, Sendable {
        /// A dead worker has the message of the first script, which has not run.
        case accepted
        /// Behind the first script: the locks are held, and nobody has read the message.
        case locked
        /// The same, and a dead worker has read the message.
        case read
        /// The same, and the lease of the locks has ended.
        case lapsed
        /// The same, and another operation has had the payee's lock since.
        case overtaken
        /// The lease has ended, and the message was lost.
        case lost
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let steps: PaymentsConfiguration.Steps
        let place: Place
        let isNear: Bool

        var testDescription: String {
            "\(self.place.rawValue), \(self.steps.rawValue), in \(self.isNear ? "one shard" : "two shards")"
        }
    }

    static let cases = PaymentsConfiguration.Steps.allCases.flatMap { steps in
        Place.allCases.flatMap { place in [true, false].map { Case(steps: steps, place: place, isNear: $0) } }
    }

    /// A payer, and a payee in the same shard or in another one.
    private static func users(isNear: Bool) throws -> (from: String, to: String) {
        let shard = Shard(ofUser: "alice")
        let to = (0...).lazy.map { "user\($0)" }.first { (Shard(ofUser: $0) == shard) == isNear }
        return ("alice", try #require(to))
    }

    @Test(arguments: Self.cases)
    func `a payment that the version before left is carried out once`(given: Case) async throws {
        let (from, to) = try Self.users(isNear: given.isNear)
        try await Self.with(given.steps) { fixture in
            try await fixture.fund(from, 10)
            let id = try await fixture.pay(from, to, 7)
            let next = try await fixture.pay(from, to, 2)
            let left = try await fixture.leave(id, at: given.place)
            try await fixture.finish([id, next])
            let ended = try await fixture.payment(id)
            #expect(ended.state == .done)
            switch given.place {
            case .accepted: break
            // The holder of a lock is the payment and no process: the steps go on under the same tokens.
            case .locked, .read: #expect(ended.tokenFrom == left.tokenFrom && ended.tokenTo == left.tokenTo)
            case .lapsed, .overtaken, .lost:
                #expect(try #require(ended.tokenFrom) > (try #require(left.tokenFrom)))
                #expect(try #require(ended.tokenTo) > (try #require(left.tokenTo)))
            }
            let debits = try await fixture.entries(from).filter { $0.kind == .debit }.compactMap(\.paymentID)
            let credits = try await fixture.entries(to).filter { $0.kind == .credit }.compactMap(\.paymentID)
            #expect(debits == [id.text, next.text] && credits == debits)
            #expect(try await fixture.balance(from) == 1)
        }
    }

    @Test(arguments: Self.cases.filter { $0.place == .read || $0.place == .lapsed })
    func `a payment that the version before left is failed when the payer has too little`(given: Case) async throws {
        let (from, to) = try Self.users(isNear: given.isNear)
        try await Self.with(given.steps) { fixture in
            try await fixture.fund(from, 4)
            let id = try await fixture.pay(from, to, 7)
            try await fixture.leave(id, at: given.place)
            try await fixture.finish([id])
            let ended = try await fixture.payment(id)
            #expect(ended.state == .failed && ended.reason == "insufficient-funds")
            #expect(try await fixture.entries(from).map(\.kind) == [.add])
            #expect(try await fixture.entries(to) == [])
        }
    }

    private static func with(
        _ steps: PaymentsConfiguration.Steps,
        _ body: @Sendable @escaping (PaymentsFixture) async throws -> Void
    ) async throws {
        var options = PaymentsFixture.Options()
        options.steps = steps
        try await PaymentsFixture.with(options, body)
    }
}

extension PaymentsFixture {
    /// The first payment of its payer is left by a worker that is gone; returns the record.
    @discardableResult
    fileprivate func leave(_ id: PaymentID, at place: FormerVersionTests.Place) async throws -> Payment {
        let payment = try await self.payment(id)
        let (work, locked) = (ShardKeys.work(id.home), PaymentKeys.locked(id.home))
        let accepted = try await self.read(work)
        if place != .accepted { try await self.lockAsBefore(payment, message: try #require(accepted.first)) }
        let locks = [payment.from, payment.to].map { LedgerKeys.lock($0) }
        switch place {
        case .accepted, .locked: break
        case .read: _ = try await self.read(locked)
        case .lapsed, .overtaken:
            _ = try await self.read(locked)
            _ = try await self.send("DEL", .key(locks[0]), .key(locks[1]))
        case .lost: _ = try await self.send("DEL", .key(locks[0]), .key(locks[1]), .key(locked))
        }
        if place == .overtaken {
            let (lock, keys) = (FencedLock(redis: self.node), self.ledger.lockKeys(payment.to))
            // Before the payment, as one that came earlier.
            _ = try await lock.take(keys, operation: "another", order: 1, joinsOnly: true)
            let standing = try await lock.take(keys, operation: "another", order: 1)
            guard case .taken = standing else { throw NoAnswer() }
            try await lock.release(keys, operation: "another")
        }
        let left = try await self.payment(id)
        #expect(left.state == (place == .accepted ? .pending : .locked))
        #expect(try await PaymentsAudit(redis: self.node).run().isClean)
        return left
    }

    /// Lets workers of today do what there is, until these have ended and nothing is left of them.
    fileprivate func finish(_ ids: [PaymentID]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<2 {
                let queue = self.queue("today-\(number)", lease: .milliseconds(200))
                group.addTask { try await queue.run() }
            }
            group.addTask { try await self.sweeper.run() }
            try await self.ended(ids)
            try await self.expectSettled()
            group.cancelAll()
        }
        var settled = PaymentsAudit.Options()
        settled.isSettled = true
        let report = try await PaymentsAudit(redis: self.node, settled).run()
        #expect(report.isClean, "\(report.text)")
    }

    /// A worker that is gone reads all messages of a stream; their ids.
    private func read(_ stream: String) async throws -> [String] {
        _ = try await self.send("XGROUP", "CREATE", .key(stream), .text(WorkQueue.group), 0, "MKSTREAM")
        let reply = try await self.send(
            "XREADGROUP",
            "GROUP",
            .text(WorkQueue.group),
            "before-1",
            "STREAMS",
            .key(stream),
            ">"
        )
        let entries = reply.array?.first?.array?.last?.array ?? []
        return entries.compactMap { $0.array?.first?.string }
    }

    private func send(_ name: String, _ arguments: RedisArgument...) async throws -> RESPValue {
        try await self.node.send(RedisCommand(name, arguments), within: nil)
    }

    private func lockAsBefore(_ payment: Payment, message: String) async throws {
        let home = payment.id.home
        let sides = [payment.from, payment.to].flatMap {
            [LedgerKeys.account($0), LedgerKeys.lock($0), LedgerKeys.waiters($0)]
        }
        let call = RedisScriptCall(
            .lockAsBefore,
            keys: [
                PaymentKeys.payment(home, id: payment.id.text), PaymentKeys.open(home), PaymentKeys.events(home),
                PaymentKeys.locked(home), ShardKeys.work(home),
            ] + sides,
            arguments: [.text(payment.id.text), .text(message), 600_000, 200],
            spansTags: true
        )
        _ = try await self.node.run(call, within: nil)
    }
}

extension RedisScript {
    /// The store as `payments_lock.lua` left it for a payment that was first with payer and payee.
    ///
    /// KEYS: payment, open, events, locked, work; account, lock and waiters of the payer, and of the payee. ARGV: id,
    /// the message's id, lease and the time until a sweeper looks, in ms.
    fileprivate static let lockAsBefore = RedisScript(
        "test_lock_as_before",
        source: Array(
            """
            local id, time = ARGV[1], redis.call("TIME")
            local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
            local from, to, order = unpack(redis.call("HMGET", KEYS[1], "from", "to", "order"))
            local tokens = {}
            for i, first in ipairs({6, 9}) do
                local last = redis.call("HGET", KEYS[first], "token")
                tokens[i] = string.format("%.0f", tonumber(last or 0) + 1)
            end
            redis.call("ZADD", KEYS[2], "XX", string.format("%.0f", now_ms + ARGV[4]), id)
            redis.call("XACK", KEYS[5], "workers", ARGV[2])
            redis.call("XDEL", KEYS[5], ARGV[2])
            for i, first in ipairs({6, 9}) do
                redis.call("ZADD", KEYS[first + 2], "NX", order, id)
                redis.call("HSET", KEYS[first], "token", tokens[i])
                redis.call("SET", KEYS[first + 1], id .. ":" .. tokens[i], "PX", ARGV[3])
            end
            local message = redis.call("XADD", KEYS[4], "*", "operation", id, "from", from, "to", to)
            local event = redis.call("XADD", KEYS[3], "MAXLEN", "~", 4096, "*", "payment", id, "account", from,
                "state", "locked", "reason", "")
            redis.call("HSET", KEYS[1], "token_from", tokens[1], "token_to", tokens[2], "message", message,
                "state", "locked", "locked", string.format("%.0f", now_ms), "event", event)
            return message
            """.utf8
        )
    )
}
