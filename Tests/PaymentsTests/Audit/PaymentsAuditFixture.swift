import AuditSupport
import Coordination
import Evidence
import Ledger
import Payments
import RESP
import Redis

/// A payment of the tests.
struct TestPayment: Hashable, Sendable {
    let id: PaymentID
    let from: Account
    let to: Account
    let amount: Int

    init(_ number: Int, from: Account, to: Account, _ amount: Int) {
        let digits = String(number)
        let name = "\(from.shard.tag)-01KAJ2" + String(repeating: "0", count: 20 - digits.count) + digits
        guard let id = PaymentID(name) else { preconditionFailure("\(name) is no payment") }
        self.id = id
        self.from = from
        self.to = to
        self.amount = amount
    }

    var key: String { PaymentKeys.payment(self.id.home, id: self.id.text) }
}

/// A database of its own on one real Redis, with payments that scripts of the tests write in the documented form.
struct PaymentsAuditFixture: Sendable {
    private static let server = SharedRedis(databases: 300)

    let redis: RedisNode

    static func with(_ body: @Sendable @escaping (PaymentsAuditFixture) async throws -> Void) async throws {
        try await Self.server.withDatabase { try await body(PaymentsAuditFixture(redis: $0)) }
    }

    func audit(isSettled: Bool = false, currency: Currency? = .usd) async throws -> PaymentsAudit.Report {
        var options = PaymentsAudit.Options()
        options.isSettled = isSettled
        options.currency = currency
        return try await PaymentsAudit(redis: self.redis, options).run()
    }

    @discardableResult
    func send(_ name: String, _ arguments: RedisArgument...) async throws -> RESPValue {
        try await self.redis.send(RedisCommand(name, arguments))
    }

    /// Redis's time in milliseconds.
    func now() async throws -> Int64 { ServerTime(timeReply: try await self.send("TIME"))?.milliseconds ?? 0 }

    // MARK: Writing

    /// The steps that a payment goes through, each in one script.
    enum Step: String, Sendable {
        case accept, lock
        /// Both sides at once, and the end.
        case apply
        case fail, cancel
        /// A side each: the shard of the payer, of the payee, of the payer.
        case debit, credit, refuse, done
        case back = "return"
        /// Gives back the payee's lock and place, as the worker does behind the end.
        case release
        /// The last look of a sweeper.
        case sweep
        case bury
    }

    /// Takes steps one after the other; `false` when the payer has not enough, and nothing more is done.
    @discardableResult
    func take(_ payment: TestPayment, _ steps: Step...) async throws -> Bool {
        for step in steps {
            let reply = try await self.redis.run(
                RedisScriptCall(
                    Self.stepper,
                    keys: [
                        payment.key, PaymentKeys.open(payment.id.home), PaymentKeys.dead(payment.id.home),
                        PaymentKeys.flight(payment.id.home),
                        PaymentKeys.creditMark(payment.to.shard, id: payment.id.text),
                    ] + Self.keys(payment.from) + Self.keys(payment.to),
                    arguments: [
                        .text(step.rawValue), .text(payment.id.text), .text(payment.from.id), .text(payment.to.id),
                        .integer(payment.amount), .integer(payment.from.shard == payment.to.shard ? 1 : 0),
                    ],
                    spansTags: true
                )
            )
            guard let answer = reply.integerValue else { throw RedisError.outcomeUnknown(.malformedReply) }
            guard answer == 1 else { return false }
        }
        return true
    }

    /// Adds from the outside world.
    func add(_ account: Account, _ amount: Int) async throws {
        try await self.append(account, amount, "-", "add")
    }

    /// One entry and its other side; `created` is Redis's time when it is not given.
    func append(
        _ account: Account,
        _ amount: Int,
        _ operation: String,
        _ kind: String,
        created: Int64? = nil
    ) async throws {
        let other = kind == "add" ? LedgerKeys.world(account.shard, account.currency) : Self.keys(account)[3]
        let call = RedisScriptCall(
            Self.appender,
            keys: Array(Self.keys(account).prefix(3)) + [other],
            arguments: [
                .text(account.id), .text(operation), .text(kind), .integer(amount),
                .text(created.map(String.init) ?? ""),
            ]
        )
        guard try await self.redis.run(call).integerValue == 1 else {
            throw RedisError.outcomeUnknown(.malformedReply)
        }
    }

    private static func keys(_ account: Account) -> [String] {
        [
            LedgerKeys.account(account), LedgerKeys.entries(account),
            LedgerKeys.world(account.shard, account.currency), LedgerKeys.transit(account.shard, account.currency),
            LedgerKeys.lock(account), LedgerKeys.waiters(account),
        ]
    }

    private static let appender = RedisScript("test_append", source: Array((TestScripts.entry + TestScripts.one).utf8))
    private static let stepper = RedisScript("test_step", source: Array((TestScripts.entry + TestScripts.steps).utf8))
}

extension Account {
    /// For names that are right.
    static func named(_ user: String, _ currency: Currency = .usd) -> Account {
        guard let user = UserID(user) else { preconditionFailure("\(user) is no user") }
        return Account(user, currency)
    }
}
