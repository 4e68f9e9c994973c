package import Coordination
import RESP
import Redis

extension Ledger {
    /// What became of an add that had to wait.
    package enum Settlement: Hashable, Sendable {
        case settled(AddResult)
        /// Still waiting; look again when the account is woken, and after this time at the latest.
        case waiting(Duration)
        /// There is no such operation any more.
        case gone
    }

    /// Operations of others that one call carries out on the way to its own.
    private static let driveLimit = 200

    /// Carries out a waiting add when it is its turn, and those before it in the queue that are adds as well.
    ///
    /// With `accepts`, an operation that still waits is answered 202 for good, also to later repetitions. Two round
    /// trips for each operation; safe to repeat, from anywhere.
    package func settle(
        _ account: Account,
        operation: String,
        accepts: Bool,
        _ durability: Durability
    ) async throws(LedgerError) -> Settlement {
        for _ in 0..<Self.driveLimit {
            let commit = try await self.attempt(account, operation, accepts: accepts, durability)
            let words = commit.reply.array ?? []
            switch words.first?.string {
            case "settled": return .settled(try self.result(commit, isReplay: false))
            case "gone": return .gone
            case "waiting":
                let wait = Duration.milliseconds(words[1].integerValue ?? 0)
                guard let head = words[2].string, !head.isEmpty, try await self.isAdd(account, head) else {
                    return .waiting(wait)
                }
                let other = try await self.attempt(account, head, accepts: false, durability)
                // Not this one's turn either: the lock was taken in between.
                if other.reply.array?.first?.string == "waiting" { return .waiting(wait) }
            default: throw .storeInconsistent
            }
        }
        return .waiting(.zero)
    }

    /// Carries out the adds at the head of an account's queue, whoever asked for them, and says when to look again.
    ///
    /// Two round trips for each operation and two more.
    func drive(_ account: Account, pause: Duration) async throws(LedgerError) {
        for _ in 0..<Self.driveLimit {
            let heads = try await self.send(RedisCommand("ZRANGE", .key(LedgerKeys.waiters(account)), 0, 0))
            guard let head = heads.array?.first?.string, try await self.isAdd(account, head) else { break }
            let reply = try await self.attempt(account, head, accepts: false, self.configuration.durability).reply
            if reply.array?.first?.string == "waiting" { break }
        }
        let call = RedisScriptCall(
            .ledgerRest,
            keys: [LedgerKeys.lock(account), LedgerKeys.waiters(account), LedgerKeys.due(account.shard)],
            arguments: [.text(account.id), .integer(Int(pause / .milliseconds(1)))]
        )
        _ = try await self.commit(call, .local)
    }

    private func attempt(
        _ account: Account,
        _ operation: String,
        accepts: Bool,
        _ durability: Durability
    ) async throws(LedgerError) -> Commit<RESPValue> {
        let record = LedgerKeys.operation(account.shard, id: operation)
        let key = try await self.send(RedisCommand("HGET", .key(record), "idempotency")).string ?? ""
        let call = RedisScriptCall(
            .ledgerSettle,
            keys: [
                LedgerKeys.account(account), LedgerKeys.entries(account), LedgerKeys.lock(account),
                LedgerKeys.waiters(account), LedgerKeys.world(account.shard, account.currency),
                LedgerKeys.references(account), key.isEmpty ? self.recordsKey(account, nil) : key, record,
                LedgerKeys.due(account.shard), ShardKeys.wake(account.shard),
            ],
            arguments: [
                .text(account.id), .text(operation), .integer(self.configuration.idempotencyKeepMilliseconds),
                .integer(self.configuration.operationKeepMilliseconds), .integer(accepts ? 1 : 0),
            ]
        )
        return try await self.commit(call, durability)
    }

    /// Whether an operation in the queue is an add, or nothing any more: the others are carried out by their own kind.
    private func isAdd(_ account: Account, _ operation: String) async throws(LedgerError) -> Bool {
        let record = LedgerKeys.operation(account.shard, id: operation)
        let kind = try await self.send(RedisCommand("HGET", .key(record), "kind"))
        return kind == .null || kind.string == "add"
    }
}
