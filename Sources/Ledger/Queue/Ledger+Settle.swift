package import Coordination
import RESP
import Redis

extension Ledger {
    /// The state of an add that had to wait.
    package enum Settlement: Hashable, Sendable {
        /// `isAccepted` says that its request was answered 202, which every repetition then gets.
        case settled(AddResult, isAccepted: Bool)
        /// Still waiting; look again when it is woken, and after this time at the latest.
        case waiting(Duration)
        /// There is no such operation any more.
        case gone
    }

    /// Operations that one round of a sweep carries out for one account.
    private static let driveLimit = 200

    /// Carries out a waiting add when it is its turn, and otherwise the add whose turn it is.
    ///
    /// With `accepts`, an operation that still waits is answered 202 for good, also to later repetitions. Two round
    /// trips, at most six; safe to repeat, from anywhere.
    package func settle(
        _ account: Account,
        operation: String,
        accepts: Bool,
        _ durability: Durability
    ) async throws(LedgerError) -> Settlement {
        let first = try await self.attempt(account, operation, accepts: accepts, durability)
        guard case .waiting(_, let head) = first, !head.isEmpty, !accepts else { return try self.settlement(first) }
        // Its settling wakes the next one. Its outcome is for another request to tell.
        _ = try? await self.attempt(account, head, accepts: false, self.configuration.durability)
        return try self.settlement(try await self.attempt(account, operation, accepts: false, durability))
    }

    /// Carries out the adds at the head of an account's queue, whoever asked for them, and says when to look again.
    ///
    /// Three round trips for each operation and one more.
    func drive(_ account: Account, pause: Duration) async throws(LedgerError) {
        do {
            for _ in 0..<Self.driveLimit {
                let heads = try await self.send(RedisCommand("ZRANGE", .key(LedgerKeys.waiters(account)), 0, 0))
                guard let head = heads.array?.first?.string else { break }
                let attempt = try await self.attempt(account, head, accepts: false, self.configuration.durability)
                guard attempt.hasEnded else { break }
            }
        } catch {
            // A damaged account is looked at again, and holds up no other.
            try await self.rest(account, pause: pause)
            throw error
        }
        try await self.rest(account, pause: pause)
    }

    private func rest(_ account: Account, pause: Duration) async throws(LedgerError) {
        let call = RedisScriptCall(
            .ledgerRest,
            keys: [
                LedgerKeys.lock(account), LedgerKeys.waiters(account), LedgerKeys.due(account.shard),
                ShardKeys.wake(account.shard), ShardKeys.work(account.shard), ShardKeys.woken(account.shard),
            ],
            arguments: [.text(account.id), .integer(Int(pause / .milliseconds(1)))]
        )
        _ = try await self.commit(call, .local)
    }

    /// The reply of `ledger_settle`.
    private enum Attempt {
        case settled(AddResult, isAccepted: Bool)
        case waiting(Duration, head: String)
        case gone
        /// No add: its own kind carries it out.
        case other

        var hasEnded: Bool {
            switch self {
            case .settled, .gone: true
            case .waiting, .other: false
            }
        }
    }

    private func settlement(_ attempt: Attempt) throws(LedgerError) -> Settlement {
        switch attempt {
        case .settled(let result, let isAccepted): return .settled(result, isAccepted: isAccepted)
        case .waiting(let wait, _): return .waiting(wait)
        case .gone: return .gone
        case .other: throw .storeInconsistent
        }
    }

    private func attempt(
        _ account: Account,
        _ operation: String,
        accepts: Bool,
        _ durability: Durability
    ) async throws(LedgerError) -> Attempt {
        guard self.isStoreSafe else { throw .storeUnsafe }
        let record = LedgerKeys.operation(account.shard, id: operation)
        let key = try await self.send(RedisCommand("HGET", .key(record), "idempotency")).string ?? ""
        let call = RedisScriptCall(
            .ledgerSettle,
            keys: [
                LedgerKeys.account(account), LedgerKeys.entries(account), LedgerKeys.lock(account),
                LedgerKeys.waiters(account), LedgerKeys.world(account.shard, account.currency),
                LedgerKeys.references(account), key.isEmpty ? self.recordsKey(account, nil) : key, record,
                LedgerKeys.due(account.shard), ShardKeys.wake(account.shard), ShardKeys.work(account.shard),
                ShardKeys.woken(account.shard),
            ],
            arguments: [
                .text(account.id), .text(operation), .integer(self.configuration.idempotencyKeepMilliseconds),
                .integer(self.configuration.operationKeepMilliseconds), .integer(accepts ? 1 : 0),
            ]
        )
        let commit = try await self.commit(call, durability)
        let words = commit.reply.array ?? []
        switch (words.first?.string, words.count) {
        case ("settled", 4):
            let result = try self.result(
                Commit(reply: .array(Array(words.prefix(3))), durability: commit.durability, replicas: commit.replicas),
                isReplay: false
            )
            return .settled(result, isAccepted: words[3].string == "1")
        case ("waiting", 3):
            return .waiting(.milliseconds(words[1].integerValue ?? 0), head: words[2].string ?? "")
        case ("gone", _): return .gone
        case ("other", _): return .other
        default: throw .storeInconsistent
        }
    }
}
