import Coordination
import Foundation
import Ledger
import Payments
import RESP
import Redis
import Testing

/// The real scripts as they lie in the repository, called by hand.
struct ModelScripts: Sendable {
    /// A payment as the scripts know it.
    struct Payment: Sendable {
        let id: String
        let home: Shard
        let from: Account
        let to: Account
        let amount: Int64

        var key: String { PaymentKeys.payment(self.home, id: self.id) }
        /// The keys that most scripts begin with.
        var keys: [String] { [self.key, PaymentKeys.open(self.home)] }
        var isWhole: Bool { self.from.shard == self.to.shard }
    }

    let node: RedisNode

    private static let sources: [String: [UInt8]] = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../../Sources"
        )
        var sources: [String: [UInt8]] = [:]
        for folder in ["Payments", "Coordination/FencedLock"] {
            let url = root.appendingPathComponent(folder).standardizedFileURL
            // A folder that is not there shows as scripts that do nothing, and every comparison fails.
            let files = FileManager.default.enumerator(at: url, includingPropertiesForKeys: nil)
            for file in files?.compactMap({ $0 as? URL }) ?? [] where file.pathExtension == "lua" {
                guard let data = try? Data(contentsOf: file) else { continue }
                sources[file.lastPathComponent] = Array(data)
            }
        }
        return sources
    }()

    private static func script(_ name: String) -> RedisScript {
        var source = LuaLibrary.fencedLock
        if name.hasPrefix("payments") {
            source += LuaLibrary.idempotency + LuaLibrary.workQueue + LuaLibrary.ledger
            for library in ["", "_wait", "_end", "_money", "_turn"] {
                source += Self.sources["payment\(library).lua"] ?? []
            }
        }
        return RedisScript(name, source: source + (Self.sources["\(name).lua"] ?? []))
    }

    static let scripts: [String: RedisScript] = Dictionary(
        uniqueKeysWithValues: sources.keys.filter { $0.contains("s_") || $0.hasPrefix("lock_") }.map {
            let name = String($0.dropLast(4))
            return (name, Self.script(name))
        }
    )

    func run(_ name: String, _ keys: [String], _ arguments: [RedisArgument]) async throws -> RESPValue {
        let script = try #require(Self.scripts[name])
        return try await self.node.run(
            RedisScriptCall(script, keys: keys, arguments: arguments, spansTags: true),
            within: nil
        )
    }

    // MARK: Keys

    static func queue(_ account: Account) -> [String] {
        [
            LedgerKeys.lock(account), LedgerKeys.waiters(account), ShardKeys.wake(account.shard),
            ShardKeys.work(account.shard), ShardKeys.woken(account.shard),
        ]
    }

    static func money(_ account: Account) -> [String] {
        [LedgerKeys.account(account), LedgerKeys.entries(account)] + Self.queue(account)
            + [LedgerKeys.world(account.shard, account.currency), LedgerKeys.transit(account.shard, account.currency)]
    }

    private static func home(_ payment: Payment) -> [String] {
        let home = payment.home
        return payment.keys + [PaymentKeys.dead(home), PaymentKeys.events(home), PaymentKeys.outbox(home)]
    }

    // MARK: Calls

    /// Until a sweeper looks, how long records are kept and how long a lock lasts: longer than any test.
    private static let long = 600_000

    func accept(_ payment: Payment) async throws {
        let home = payment.home
        let keys =
            [ShardKeys.idempotency(home, digest: "none"), payment.key, LedgerKeys.waiters(payment.from)]
            + [PaymentKeys.open(home), ShardKeys.work(home), PaymentKeys.events(home), PaymentKeys.list(payment.from)]
            + [ShardKeys.woken(home)]
        let arguments: [RedisArgument] = [
            .text(payment.id), "", "0", 0, 1000, 1000, .integer(Self.long), .integer(Self.long), "-", "-", "from",
            .text(payment.from.id), "to", .text(payment.to.id), "amount", .integer(Int(payment.amount)), "not_before",
            0, "callback", "", "reverses", "", "description", "",
        ]
        let reply = try await self.run("payments_accept", keys, arguments)
        #expect(reply.array?.first?.string == "new")
    }

    func take(
        _ account: Account,
        _ payment: Payment,
        order: String,
        joinsOnly: Bool,
        isBack: Bool = false
    ) async throws -> SplitMachine.Answer {
        let reply = try await self.run(
            "lock_take",
            [
                LedgerKeys.lock(account), LedgerKeys.account(account), LedgerKeys.waiters(account),
                ShardKeys.wake(account.shard), ShardKeys.work(account.shard), ShardKeys.woken(account.shard),
            ],
            [
                .text(payment.id), .text(order), .integer(Self.long), .integer(joinsOnly ? 1 : 0), .text(account.id),
                .integer(isBack ? 1 : 0),
            ]
        )
        let fields = try #require(reply.array)
        let number = fields[1].integerValue ?? 0
        if fields[0].string == "taken" { return .taken(token: number) }
        return .parked(place: number, isHeld: fields[2].integerValue ?? 0 > 0)
    }

    func release(_ account: Account, _ payment: Payment, stays: Bool) async throws -> Bool {
        try await self.run(
            "lock_release",
            Self.queue(account),
            [.text(payment.id), .text(account.id), .integer(stays ? 1 : 0)]
        ).integerValue == 1
    }

    func once(_ payment: Payment, _ message: (stream: String, id: String)) async throws -> String {
        try await self.word(
            "payments_once",
            Self.home(payment) + [message.stream] + Self.money(payment.from) + Self.money(payment.to)
                + [PaymentKeys.events(payment.to.shard), PaymentKeys.list(payment.to)],
            [.text(payment.id), .text(message.id), .integer(Self.long), .integer(Self.long)]
        )
    }

    func requeue(_ payment: Payment) async throws -> String {
        try await self.word(
            "payments_requeue",
            payment.keys + [ShardKeys.work(payment.home)],
            [.text(payment.id), .integer(Self.long)]
        )
    }

    func hold(_ payment: Payment, _ tokenFrom: Int64, _ tokenTo: Int64) async throws -> String {
        try await self.word(
            "payments_hold",
            payment.keys + [PaymentKeys.events(payment.home), PaymentKeys.locked(payment.home)]
                + [LedgerKeys.account(payment.from), LedgerKeys.lock(payment.from)],
            [.text(payment.id), .integer(Int(tokenFrom)), .integer(Int(tokenTo)), .integer(Self.long)]
        )
    }

    func debit(_ payment: Payment) async throws -> String {
        try await self.word(
            "payments_debit",
            Self.home(payment) + [PaymentKeys.flight(payment.home)] + Self.money(payment.from),
            [.text(payment.id), .integer(Self.long), .integer(Self.long)]
        )
    }

    func credit(_ payment: Payment, _ token: Int64) async throws -> String {
        let to = payment.to
        let keys =
            [PaymentKeys.creditMark(to.shard, id: payment.id), PaymentKeys.events(to.shard), PaymentKeys.list(to)]
            + [LedgerKeys.account(to), LedgerKeys.entries(to), LedgerKeys.lock(to)]
            + [LedgerKeys.world(to.shard, to.currency), LedgerKeys.transit(to.shard, to.currency)]
        return try await self.word(
            "payments_credit",
            keys,
            [
                .text(payment.id), .integer(Int(token)), .text(to.id), .integer(Int(payment.amount)), 1,
                .integer(Self.long),
            ]
        )
    }

    func final(_ payment: Payment, reason: String) async throws -> String {
        try await self.word(
            "payments_final",
            Self.home(payment) + [PaymentKeys.flight(payment.home)] + Self.money(payment.from),
            [.text(payment.id), .integer(Self.long), .text(reason), .integer(Self.long)]
        )
    }

    func leave(_ payment: Payment) async throws -> String {
        try await self.word(
            "payments_leave",
            payment.keys + Self.queue(payment.from),
            [.text(payment.id), .text(payment.from.id), .integer(Self.long)]
        )
    }

    func look(_ payment: Payment, isBehind: Bool) async throws -> String {
        let (home, waiters) = (payment.home, LedgerKeys.waiters(payment.from))
        return try await self.word(
            "payments_look",
            payment.keys + [ShardKeys.work(home), PaymentKeys.locked(home), waiters, ShardKeys.woken(home)],
            [.text(payment.id), .integer(Self.long), .integer(isBehind ? 1 : 0)]
        )
    }

    func attempt(
        _ payment: Payment,
        _ message: (stream: String, id: String),
        limit: Int64,
        isWhole: Bool
    ) async throws -> String {
        try await self.word(
            "payments_attempt",
            payment.keys + [PaymentKeys.dead(payment.home), message.stream] + Self.queue(payment.from)
                + (isWhole ? Self.queue(payment.to) : []),
            [.text(payment.id), .text(message.id), .integer(Int(limit)), .integer(Self.long), "why"]
        )
    }

    func cancel(_ payment: Payment, isWhole: Bool) async throws -> String {
        let reply = try await self.run(
            "payments_cancel",
            Self.home(payment) + [ShardKeys.idempotency(payment.home, digest: "none")] + Self.queue(payment.from)
                + (isWhole ? Self.queue(payment.to) : []),
            [.text(payment.id), .integer(Self.long), "", "0", .integer(Self.long), "-", .integer(Self.long)]
        )
        return String(reply.array?.last?.string?.split(separator: " ").first ?? "")
    }

    func redrive(_ payment: Payment) async throws -> String {
        let reply = try await self.run(
            "payments_redrive",
            payment.keys + [PaymentKeys.dead(payment.home)] + Self.queue(payment.from),
            [.text(payment.id), .integer(Self.long)]
        )
        return "\(reply.integerValue ?? -1)"
    }

    private func word(_ name: String, _ keys: [String], _ arguments: [RedisArgument]) async throws -> String {
        try await self.run(name, keys, arguments).array?.first?.string ?? "malformed"
    }
}
