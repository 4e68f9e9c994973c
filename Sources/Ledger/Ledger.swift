package import Coordination
import RESP
package import Redis

/// The balances of users: adding to them and reading them.
package struct Ledger: Sendable {
    /// A balance at one instant.
    package struct Balance: Hashable, Sendable {
        package let amount: Money
        /// The number of the account's entries.
        package let sequence: Int64

        package init(amount: Money, sequence: Int64) {
            self.amount = amount
            self.sequence = sequence
        }
    }

    let redis: any RedisClient
    let commits: CommitPump
    let guardian: StoreGuard
    let clock: ServerClock
    let configuration: LedgerConfiguration

    package init(
        redis: any RedisClient,
        commits: CommitPump,
        guardian: StoreGuard,
        clock: ServerClock,
        configuration: LedgerConfiguration
    ) {
        self.redis = redis
        self.commits = commits
        self.guardian = guardian
        self.clock = clock
        self.configuration = configuration
    }

    package func account(_ user: UserID) -> Account { Account(user, self.configuration.currency) }

    /// Adds once for each idempotency key.
    ///
    /// One round trip and one script, plus a share of one `WAIT` when `durability` is `replicated`. An order that finds
    /// its account held is `queued`, in order of arrival; ``settle(_:operation:accepts:_:)`` carries it out.
    package func add(_ order: AddOrder, _ durability: Durability) async throws(LedgerError) -> AddResult {
        guard self.isStoreSafe else {
            throw self.guardian.verdict == .unknown ? .store(.notSent(.notConnected)) : .storeUnsafe
        }
        return try self.result(await self.commit(self.addCall(order), durability))
    }

    /// The script call of one order.
    func addCall(_ order: AddOrder) -> RedisScriptCall {
        let account = order.account
        let operation = OperationID.make(at: self.clock.now?.milliseconds ?? 0)
        return RedisScriptCall(
            .ledgerAdd,
            keys: [
                LedgerKeys.account(account), LedgerKeys.entries(account), LedgerKeys.lock(account),
                LedgerKeys.waiters(account), LedgerKeys.world(account.shard, account.currency),
                LedgerKeys.references(account), self.recordsKey(account, order.claim?.digest),
                LedgerKeys.operation(account.shard, id: operation), LedgerKeys.due(account.shard),
            ],
            arguments: [
                .text(account.id), .integer(Int(order.amount.minorUnits)), .text(order.reference ?? ""),
                .text(order.precondition.argument), .text(operation), .text(order.claim?.request ?? ""),
                .text(order.claim?.fingerprint ?? "0"), .integer(self.configuration.idempotencyKeepMilliseconds),
                .integer(self.configuration.queueLimit), .text(order.requestID.isEmpty ? "-" : order.requestID),
            ]
        )
    }

    /// The balance of an account; an unknown one has 0.
    ///
    /// One round trip.
    package func balance(_ account: Account) async throws(LedgerError) -> Balance {
        let reply = try await self.send(
            RedisCommand("HMGET", .key(LedgerKeys.account(account)), "balance", "sequence")
        )
        guard let fields = reply.array, fields.count == 2 else { throw .storeInconsistent }
        // A lock may have made the account before its first entry.
        if fields[1] == .null { return Balance(amount: Money(minorUnits: 0), sequence: 0) }
        guard let amount = fields[0].integerValue, let sequence = fields[1].integerValue else {
            throw .storeInconsistent
        }
        return Balance(amount: Money(minorUnits: amount), sequence: sequence)
    }

    /// The entries with the given sequences, in ascending order; sequences without an entry are left out.
    ///
    /// One round trip.
    package func entries(_ account: Account, _ sequences: ClosedRange<Int64>) async throws(LedgerError) -> [Entry] {
        let reply = try await self.send(Self.entriesCommand(account, sequences))
        return try Self.entries(reply)
    }

    static func entriesCommand(_ account: Account, _ sequences: ClosedRange<Int64>) -> RedisCommand {
        RedisCommand(
            "LRANGE",
            .key(LedgerKeys.entries(account)),
            .integer(Int(max(sequences.lowerBound, 1) - 1)),
            .integer(Int(max(sequences.upperBound, 1) - 1))
        )
    }

    static func entries(_ reply: RESPValue) throws(LedgerError) -> [Entry] {
        var entries: [Entry] = []
        for element in reply.array ?? [] {
            guard let entry = element.string.flatMap({ Entry(packed: $0) }) else { throw .storeInconsistent }
            entries.append(entry)
        }
        return entries
    }

    // MARK: What scripts say

    /// Reads `{"new" or "replayed", outcome, entry}` and the answers that change nothing.
    func result(_ commit: Commit<RESPValue>, isReplay given: Bool? = nil) throws(LedgerError) -> AddResult {
        let words = commit.reply.array ?? []
        switch words.first?.string {
        case "mismatch": throw .idempotencyKeyReused
        case "full": throw .accountBusy
        case "new", "replayed", "settled": break
        default: throw .storeInconsistent
        }
        guard words.count == 3, let outcome = words[1].string,
            let meaning = Self.outcome(outcome, entry: words[2].string)
        else { throw .storeInconsistent }
        return AddResult(
            outcome: meaning,
            isReplay: given ?? (words[0].string == "replayed"),
            durability: commit.durability,
            replicas: commit.replicas
        )
    }

    static func outcome(_ text: String, entry: String?) -> AddResult.Outcome? {
        let words = text.split(separator: " ").map { String($0) }
        switch (words.first, words.count) {
        case ("entry", 2): return entry.flatMap { Entry(packed: $0) }.map { .added($0) }
        case ("queued", 2): return .queued(operation: words[1])
        case ("accepted", 2): return .accepted(operation: words[1])
        case ("refused", 4):
            return Refusal.Reason(rawValue: words[1]).map {
                .refused(Refusal(reason: $0, detail: words[2], requestID: words[3]))
            }
        default: return nil
        }
    }

    // MARK: Asking Redis

    func recordsKey(_ account: Account, _ digest: String?) -> String {
        ShardKeys.idempotency(account.shard, digest: digest ?? "none")
    }

    func commit(_ call: RedisScriptCall, _ durability: Durability) async throws(LedgerError) -> Commit<RESPValue> {
        do { return try await self.commits.commit(call, durability) } catch {
            switch error {
            case .store(let error): throw LedgerError(error)
            case .notReplicated(let reply, let replicas):
                // A reply that changed no money needs no replica: a refusal, or an answer that changed nothing at all.
                let words = reply.array ?? []
                let outcome = words.count > 1 ? words[1].string ?? "" : ""
                guard ["entry ", "queued ", "accepted "].contains(where: outcome.hasPrefix) else {
                    return Commit(reply: reply, durability: .local, replicas: replicas)
                }
                throw .appliedNotDurable
            }
        }
    }

    func send(_ command: RedisCommand) async throws(LedgerError) -> RESPValue {
        do { return try await self.redis.send(command, within: nil) } catch { throw LedgerError(error) }
    }

    /// The error when Redis does not have what an earlier answer of it named.
    ///
    /// Damage, unless a failover may have taken it back: then the request may be repeated. One round trip.
    package func missing() async -> LedgerError {
        await self.guardian.isSettled() ? .storeInconsistent : .store(.outcomeUnknown(.demoted))
    }

    /// Whether Redis keeps what it is told, or is to be used although it may not.
    package var isStoreSafe: Bool {
        switch self.guardian.verdict {
        case .kept: true
        case .unknown: false
        case .broken: self.configuration.servesUnsafeStore
        }
    }
}

extension AddOrder.Precondition {
    fileprivate var argument: String {
        Self.text(self.match) + (self.noneMatch == nil ? "" : "!\(Self.text(self.noneMatch))")
    }

    private static func text(_ states: States?) -> String {
        switch states {
        case nil: ""
        case .any: "*"
        case .sequences(let sequences): ",\(sequences.map(String.init).joined(separator: ",")),"
        }
    }
}

extension LuaLibrary {
    /// `ledger_read`, `ledger_append` and what else changes an account; needs ``fencedLock`` before it.
    package static let ledger = PackageResources.ledger_account_lua + PackageResources.ledger_entry_lua
}

extension RedisScript {
    private static let library = LuaLibrary.fencedLock + LuaLibrary.idempotency + LuaLibrary.ledger

    static let ledgerAdd = RedisScript("ledger_add", source: Self.library + PackageResources.ledger_add_lua)
    static let ledgerSettle = RedisScript("ledger_settle", source: Self.library + PackageResources.ledger_settle_lua)
    static let ledgerRest = RedisScript("ledger_rest", source: Self.library + PackageResources.ledger_rest_lua)
}
