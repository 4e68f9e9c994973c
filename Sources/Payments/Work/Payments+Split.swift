import Coordination
import Ledger
import RESP
import Redis

/// Payments between two shards of a Cluster: every script touches one shard, and each step is safe to repeat.
///
/// Debit, credit and end are three steps; what one relies on is as durable as asked for before the next begins. The
/// payee's shard is left before the payment ends, or a sweeper does it: see `payments_look`.
extension Payments {
    /// Carries a job as far as it goes, and acknowledges its message then.
    func carryOut(_ job: PaymentJob) async -> JobOutcome {
        do throws(PaymentsError) {
            switch job.role {
            case .locker: try await self.lock(job)
            case .applier: try await self.apply(job)
            }
            try await self.acknowledge(job.message)
            return .finished
        } catch { return Self.outcome(of: error) }
    }

    // MARK: The locker

    /// Stands in both queues and takes both locks when it is first in both; never waits for one with the other in hand.
    private func lock(_ job: PaymentJob) async throws(PaymentsError) {
        let parties = job.parties
        guard let payment = try await self.payment(parties.id) else { return }
        if payment.state.isTerminal || payment.dead != nil { return try await self.leave(parties) }
        if let time = payment.notBefore, payment.state == .pending, let now = self.clock.now, time > now { return }
        let order = payment.order
        // The payee's queue is joined only by who is first with the payer: a payer's many payments hold up nobody else.
        guard try await self.isFirst("join_from", parties.from, parties.id, order),
            try await self.isFirst("join_to", parties.to, parties.id, order),
            let from = try await self.token("take_from", parties.from, parties.id, order)
        else { return }
        guard let to = try await self.token("take_to", parties.to, parties.id, order) else {
            return try await self.release("release_from", parties.from, parties.id, stays: true)
        }
        let home = parties.id.home
        let call = RedisScriptCall(
            .paymentsHold,
            keys: [
                PaymentKeys.payment(home, id: parties.id.text), PaymentKeys.open(home), PaymentKeys.events(home),
                PaymentKeys.locked(home), LedgerKeys.account(parties.from), LedgerKeys.lock(parties.from),
            ],
            arguments: [
                .text(parties.id.text), .integer(Int(from)), .integer(Int(to)),
                .integer(self.configuration.lookMilliseconds),
            ]
        )
        switch try await self.say("hold", call) {
        case "locked": return
        case "fenced": throw .ledger(.store(.outcomeUnknown(.closed)))
        default: try await self.leave(parties)
        }
    }

    private func isFirst(
        _ name: String,
        _ account: Account,
        _ id: PaymentID,
        _ order: Int64
    ) async throws(PaymentsError) -> Bool {
        switch try await self.take(name, account, id, order, joinsOnly: true) {
        case .taken: true
        case .parked(let place, let wait): place == 1 && wait == .zero
        }
    }

    private func token(
        _ name: String,
        _ account: Account,
        _ id: PaymentID,
        _ order: Int64
    ) async throws(PaymentsError) -> Int64? {
        guard case .taken(let token) = try await self.take(name, account, id, order, joinsOnly: false) else { return nil }
        return token
    }

    private func take(
        _ name: String,
        _ account: Account,
        _ id: PaymentID,
        _ order: Int64,
        joinsOnly: Bool
    ) async throws(PaymentsError) -> FencedLock.Standing {
        let call = self.locks.takeCall(
            self.ledger.lockKeys(account),
            operation: id.text,
            order: order,
            joinsOnly: joinsOnly
        )
        let commit = try await self.step(name, call)
        do {
            let standing = try FencedLock.standing(commit.reply)
            if case .taken = standing { self.metrics.stepped(name, "taken") } else { self.metrics.stepped(name, "parked") }
            return standing
        } catch { throw .ledger(.store(error)) }
    }

    // MARK: The applier

    private func apply(_ job: PaymentJob) async throws(PaymentsError) {
        let parties = job.parties
        guard let payment = try await self.payment(parties.id) else { return }
        guard let token = payment.tokenTo, !payment.state.isTerminal, payment.dead == nil else {
            if payment.state != .pending || payment.dead != nil { try await self.leave(parties) }
            return
        }
        switch try await self.say("debit", self.debitCall(parties)) {
        case "debited": break
        case "fenced": return try await self.requeue(parties)
        case "inconsistent", "malformed": throw .ledger(.storeInconsistent)
        case "pending": return
        // It has failed, or ended before: what is left is the payee's shard.
        default: return try await self.leave(parties)
        }
        let credit = try await self.step("credit", self.creditCall(payment, token: token))
        let words = credit.reply.array?.map { $0.string ?? "" } ?? []
        self.metrics.stepped("credit", words.first ?? "malformed")
        let reason: String
        switch words.first {
        case "credited": reason = ""
        case "refused": reason = words.count > 1 ? words[1] : "refused"
        case "fenced": return try await self.requeue(parties)
        default: throw .ledger(.storeInconsistent)
        }
        switch try await self.say("final", self.finalCall(parties, reason: reason)) {
        case "fenced": try await self.requeue(parties)
        case "inconsistent", "malformed": throw .ledger(.storeInconsistent)
        default: try await self.leave(parties)
        }
    }

    /// Back to the lockers: a lock is lost.
    private func requeue(_ parties: PaymentParties) async throws(PaymentsError) {
        _ = try await self.send(
            RedisCommand(
                "XADD",
                .key(ShardKeys.work(parties.id.home)),
                "*",
                "operation",
                .text(parties.id.text),
                "from",
                .text(parties.from.id),
                "to",
                .text(parties.to.id)
            )
        )
    }

    /// Leaves the payee's queue and lock, and then what lists the payment as unfinished.
    func leave(_ parties: PaymentParties) async throws(PaymentsError) {
        try await self.release("release_to", parties.to, parties.id, stays: false)
        if let payment = try await self.payment(parties.id), !payment.state.isTerminal, payment.dead == nil { return }
        try await self.release("leave_from", parties.from, parties.id, stays: false)
        _ = try await self.send(
            RedisCommand("ZREM", .key(PaymentKeys.open(parties.id.home)), .text(parties.id.text))
        )
    }

    private func release(
        _ name: String,
        _ account: Account,
        _ id: PaymentID,
        stays: Bool
    ) async throws(PaymentsError) {
        let call = self.locks.releaseCall(self.ledger.lockKeys(account), operation: id.text, stays: stays)
        _ = try await self.step(name, call)
    }

    // MARK: Calls

    var locks: FencedLock { FencedLock(redis: self.redis, lease: self.configuration.lease) }

    /// The first word of a step's answer.
    private func say(_ name: String, _ call: RedisScriptCall) async throws(PaymentsError) -> String {
        let word = try await self.step(name, call).reply.array?.first?.string ?? "malformed"
        self.metrics.stepped(name, word)
        return word
    }

    private func homeKeys(_ parties: PaymentParties) -> [String] {
        let home = parties.id.home
        return [
            PaymentKeys.payment(home, id: parties.id.text), PaymentKeys.open(home), PaymentKeys.dead(home),
            PaymentKeys.events(home), PaymentKeys.outbox(home), PaymentKeys.flight(home),
        ] + Self.moneyKeys(parties.from)
    }

    private func debitCall(_ parties: PaymentParties) -> RedisScriptCall {
        RedisScriptCall(
            .paymentsDebit,
            keys: self.homeKeys(parties),
            arguments: [
                .text(parties.id.text), .integer(self.configuration.keepMilliseconds),
                .integer(self.configuration.lookMilliseconds),
            ]
        )
    }

    private func creditCall(_ payment: Payment, token: Int64) -> RedisScriptCall {
        let to = payment.to
        return RedisScriptCall(
            .paymentsCredit,
            keys: [
                PaymentKeys.creditMark(to.shard, id: payment.id.text), PaymentKeys.events(to.shard),
                PaymentKeys.list(to), LedgerKeys.account(to), LedgerKeys.entries(to), LedgerKeys.lock(to),
                LedgerKeys.world(to.shard, to.currency), LedgerKeys.transit(to.shard, to.currency),
            ],
            arguments: [
                .text(payment.id.text), .integer(Int(token)), .text(to.id), .integer(Int(payment.amount.minorUnits)),
                .integer(Int(payment.created.milliseconds)), .integer(self.configuration.keepMilliseconds),
            ]
        )
    }

    private func finalCall(_ parties: PaymentParties, reason: String) -> RedisScriptCall {
        RedisScriptCall(
            .paymentsFinal,
            keys: self.homeKeys(parties),
            arguments: [
                .text(parties.id.text), .integer(self.configuration.keepMilliseconds), .text(reason),
                .integer(self.configuration.lookMilliseconds),
            ]
        )
    }
}
