package import Coordination
package import Ledger
import RESP
package import Redis

/// Transfers between accounts: made at once, carried out later by workers, exactly once.
package struct Payments: Sendable {
    let ledger: Ledger
    let redis: any RedisClient
    let commits: CommitPump
    let clock: ServerClock
    let configuration: PaymentsConfiguration
    let failpoints: Failpoints
    let metrics = PaymentMetrics()

    package init(
        ledger: Ledger,
        redis: any RedisClient,
        commits: CommitPump,
        clock: ServerClock,
        configuration: PaymentsConfiguration,
        failpoints: Failpoints = Failpoints()
    ) {
        self.ledger = ledger
        self.redis = redis
        self.commits = commits
        self.clock = clock
        self.configuration = configuration
        self.failpoints = failpoints
    }

    /// Whether one script may change both accounts.
    var isWhole: Bool { self.configuration.steps == .whole }

    // MARK: Asking Redis

    /// Runs one step's script, with the failpoints `payments.<name>.before` and `.after` around it.
    func step(
        _ name: String,
        _ call: RedisScriptCall,
        _ durability: Durability? = nil
    ) async throws(PaymentsError) -> Commit<RESPValue> {
        if await self.failpoints.pass("payments.\(name).before") {
            throw .ledger(.store(.outcomeUnknown(.closed)))
        }
        let commit: Commit<RESPValue>
        do { commit = try await self.commits.commit(call, durability ?? self.configuration.durability) } catch {
            switch error {
            case .store(let error): throw .ledger(LedgerError(error))
            case .notReplicated(let reply, let replicas):
                // A step that changed nothing needs no replica.
                guard Self.changed(reply) else { return Commit(reply: reply, durability: .local, replicas: replicas) }
                throw .ledger(.appliedNotDurable)
            }
        }
        if await self.failpoints.pass("payments.\(name).after") {
            throw .ledger(.store(.outcomeUnknown(.closed)))
        }
        return commit
    }

    static func changed(_ reply: RESPValue) -> Bool {
        guard let words = reply.array else { return true }
        switch words.first?.string {
        case "new", "replayed": return !(words.last?.string?.hasPrefix("refused ") ?? false)
        case "mismatch", "full", "busy", "broken", "exists", "gone", "inconsistent": return false
        default: return true
        }
    }

    func send(_ command: RedisCommand) async throws(PaymentsError) -> RESPValue {
        do { return try await self.redis.send(command, within: nil) } catch { throw .ledger(LedgerError(error)) }
    }

    /// One round trip; throws for the first command that has no answer.
    func send(_ commands: [RedisCommand]) async throws(PaymentsError) -> [RESPValue] {
        var replies: [RESPValue] = []
        for result in await self.redis.send(commands, within: nil) {
            do { replies.append(try result.get()) } catch { throw .ledger(LedgerError(error)) }
        }
        return replies
    }

    func demandSafeStore() throws(PaymentsError) {
        guard self.ledger.isStoreSafe else { throw .ledger(.storeUnsafe) }
    }

    // MARK: Reading

    /// A payment as it stands; `nil` when there is none, or no longer.
    ///
    /// One round trip.
    package func payment(_ id: PaymentID) async throws(PaymentsError) -> Payment? {
        let reply = try await self.send(Self.read(id))
        guard reply.array?.first != .null else { return nil }
        guard let payment = Payment(id, reply) else { throw .ledger(.storeInconsistent) }
        return payment
    }

    static func read(_ id: PaymentID) -> RedisCommand {
        let names = Payment.Record.names.map { RedisArgument.text($0) }
        return RedisCommand("HMGET", [.key(PaymentKeys.payment(id.home, id: id.text))] + names)
    }

    /// How many stand in each account's queue up to this payment, itself counted; `nil` where it does not stand.
    package struct Position: Hashable, Sendable {
        package let from: Int64?
        package let to: Int64?
    }

    /// Where a payment that has not ended stands.
    ///
    /// One round trip.
    package func position(_ payment: Payment) async throws(PaymentsError) -> Position {
        let commands = [payment.from, payment.to].map {
            RedisCommand("ZRANK", .key(LedgerKeys.waiters($0)), .text(payment.id.text))
        }
        let places = try await self.send(commands).map { rank in rank.integerValue.map { $0 + 1 } }
        return Position(from: places[0], to: places[1])
    }

    /// A reversal of this payment that has not failed; `nil` when there is none.
    ///
    /// One round trip, and one more for each reversal that failed.
    package func reversal(of payment: Payment) async throws(PaymentsError) -> PaymentID? {
        guard payment.state == .done, payment.reverses == nil else { return nil }
        for number in 1...PaymentID.reversalLimit {
            let id = payment.id.reversal(payment.to.shard, number: number)
            guard let reversal = try await self.payment(id) else { return nil }
            if reversal.state == .done || !reversal.state.isTerminal { return id }
        }
        return nil
    }

    /// Payments of one user, newest first.
    package struct Page: Sendable {
        package let payments: [Payment]
        /// The payment that the next page begins behind; `nil` when there is none.
        package let cursor: PaymentID?
    }

    /// A page of the payments that left a user, or came in, behind `cursor`.
    ///
    /// Three round trips at most. A payment that can no longer be looked up is left out. `nil` when `cursor` is none of
    /// this user's payments: an empty page would look like the end.
    package func list(
        _ account: Account,
        after cursor: PaymentID?,
        limit: Int
    ) async throws(PaymentsError) -> Page? {
        let key = PaymentKeys.list(account)
        var first: Int64 = 0
        if let cursor {
            let rank = try await self.send(RedisCommand("ZREVRANK", .key(key), .text(cursor.text)))
            guard let rank = rank.integerValue else { return nil }
            first = rank + 1
        }
        let reply = try await self.send(
            RedisCommand("ZREVRANGE", .key(key), .integer(Int(first)), .integer(Int(first) + limit))
        )
        let ids = (reply.array ?? []).compactMap { $0.string.flatMap { PaymentID($0) } }
        let shown = ids.prefix(limit)
        let records = try await self.send(shown.map(Self.read))
        let payments = zip(shown, records).compactMap { Payment($0, $1) }
        return Page(payments: payments, cursor: ids.count > limit ? shown.last : nil)
    }
}
