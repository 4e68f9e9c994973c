import Coordination
import Ledger
import RESP
import Redis

/// Payments that are split: every script touches one shard, and each step is safe to repeat.
///
/// ``SplitMachine`` says which step is next; here they are carried out. Debit, credit and end are three steps; what one
/// relies on is as durable as asked for before the next begins. The payee's shard is left before the payment is taken
/// off what is unfinished, or a sweeper does it: see `payments_look`.
extension Payments {
    /// Carries a job as far as it goes, and acknowledges its message then.
    func carryOut(_ job: PaymentJob) async -> JobOutcome {
        do throws(PaymentsError) {
            let machine = SplitMachine(job.role == .locker ? .locker : .applier)
            switch try await self.run(machine, job.parties, job.message) {
            case .unfinished: return .unfinished
            case .failed: return Self.outcome(of: .ledger(.storeInconsistent))
            case .finished, .step: return .finished
            }
        } catch { return Self.outcome(of: error) }
    }

    /// Gives back what a payment that has ended, or is a dead letter, left behind: with the payee, with the payer, and
    /// in what lists it as unfinished.
    func leave(_ parties: PaymentParties) async throws(PaymentsError) {
        _ = try await self.run(SplitMachine(.leaver), parties, nil)
    }

    /// Goes from step to step; returns how it ended.
    private func run(
        _ machine: SplitMachine,
        _ parties: PaymentParties,
        _ message: WorkMessage?
    ) async throws(PaymentsError) -> SplitMachine.Next {
        var machine = machine
        var next = machine.begin()
        // As it was read first: its order is the same in both queues then.
        var payment: Payment?
        while case .step(let step) = next {
            let answer: SplitMachine.Answer
            switch step {
            case .read:
                let record = try await self.payment(parties.id)
                payment = payment ?? record
                answer = .record(self.record(record))
            case .acknowledge:
                if let message { try await self.acknowledge(message) }
                answer = .went
            default:
                answer = try await self.carryOut(step, parties, payment)
            }
            next = machine.next(answer)
        }
        return next
    }

    private func record(_ payment: Payment?) -> SplitMachine.Record {
        guard let payment else { return .gone }
        if payment.state.isTerminal || payment.dead != nil { return .over }
        guard payment.state == .pending else { return .moving(tokenTo: payment.tokenTo) }
        guard let time = payment.notBefore, let now = self.clock.now, time > now else { return .pending }
        return .early
    }

    // MARK: Steps

    private func carryOut(
        _ step: SplitMachine.Step,
        _ parties: PaymentParties,
        _ payment: Payment?
    ) async throws(PaymentsError) -> SplitMachine.Answer {
        let (from, to) = (parties.from, parties.to)
        switch step {
        case .readLocks: return try await self.locks(parties, payment)
        case .joinFrom: return try await self.take("join_from", from, parties.id, payment, joinsOnly: true)
        case .joinTo: return try await self.take("join_to", to, parties.id, payment, joinsOnly: true)
        case .takeFrom: return try await self.take("take_from", from, parties.id, payment, joinsOnly: false)
        case .takeTo: return try await self.take("take_to", to, parties.id, payment, joinsOnly: false)
        case .releaseFrom: return try await self.release("release_from", from, parties.id, stays: true)
        case .releaseTo: return try await self.release("release_to", to, parties.id, stays: false)
        case .hold(let tokenFrom, let tokenTo):
            return try await self.say("hold", self.holdCall(parties, tokenFrom, tokenTo))
        case .debit: return try await self.say("debit", self.debitCall(parties))
        case .credit(let token):
            guard let payment else { throw .ledger(.storeInconsistent) }
            return try await self.say("credit", self.creditCall(payment, token: token))
        case .final(let reason): return try await self.say("final", self.finalCall(parties, reason: reason))
        case .leaveFrom:
            let answer = try await self.say("leave_from", self.leaveCall(parties))
            if answer == .said("closed") { try await self.expireMark(parties) }
            return answer
        case .requeue: return try await self.say("requeue", self.requeueCall(parties))
        case .read, .acknowledge: preconditionFailure("\(step) is no step of Redis's")
        }
    }

    private func take(
        _ name: String,
        _ account: Account,
        _ id: PaymentID,
        _ payment: Payment?,
        joinsOnly: Bool
    ) async throws(PaymentsError) -> SplitMachine.Answer {
        guard let payment else { throw .ledger(.storeInconsistent) }
        let call = self.locks.takeCall(
            self.ledger.lockKeys(account),
            operation: id.text,
            order: payment.order,
            joinsOnly: joinsOnly,
            isBack: payment.state != .pending
        )
        let commit = try await self.step(name, call)
        let standing: FencedLock.Standing
        do { standing = try FencedLock.standing(commit.reply) } catch { throw .ledger(.store(error)) }
        switch standing {
        case .taken(let token):
            self.metrics.stepped(name, "taken")
            return .taken(token: token)
        case .parked(let place, let wait):
            self.metrics.stepped(name, "parked")
            return .parked(place: place, isHeld: wait > .zero)
        }
    }

    /// From the payment's end on, nobody needs to know any more what became of the credit.
    private func expireMark(_ parties: PaymentParties) async throws(PaymentsError) {
        let key = PaymentKeys.creditMark(parties.to.shard, id: parties.id.text)
        guard try await self.payment(parties.id)?.state.isTerminal ?? true else { return }
        _ = try await self.send(RedisCommand("PEXPIRE", .key(key), .integer(self.configuration.keepMilliseconds)))
    }

    /// Whether the payment has both locks under its record's tokens.
    private func locks(
        _ parties: PaymentParties,
        _ payment: Payment?
    ) async throws(PaymentsError) -> SplitMachine.Answer {
        let commands = [parties.from, parties.to].map { RedisCommand("GET", .key(LedgerKeys.lock($0))) }
        let holders = try await self.send(commands)
        let tokens = [payment?.tokenFrom, payment?.tokenTo]
        let areHeld = zip(holders, tokens).allSatisfy { holder, token in
            token.map { holder.string == "\(parties.id.text):\($0)" } ?? false
        }
        return .locks(areHeld: areHeld)
    }

    private func release(
        _ name: String,
        _ account: Account,
        _ id: PaymentID,
        stays: Bool
    ) async throws(PaymentsError) -> SplitMachine.Answer {
        let call = self.locks.releaseCall(self.ledger.lockKeys(account), operation: id.text, stays: stays)
        _ = try await self.step(name, call)
        return .went
    }

    /// The words of a step's answer.
    private func say(_ name: String, _ call: RedisScriptCall) async throws(PaymentsError) -> SplitMachine.Answer {
        let words = try await self.step(name, call).reply.array?.map { $0.string ?? "" } ?? []
        let word = words.first ?? "malformed"
        self.metrics.stepped(name, word)
        return .said(word, reason: words.count > 1 ? words[1] : "")
    }

    // MARK: Calls

    var locks: FencedLock { FencedLock(redis: self.redis, lease: self.configuration.lease) }

    private func homeKeys(_ parties: PaymentParties) -> [String] {
        let home = parties.id.home
        return [
            PaymentKeys.payment(home, id: parties.id.text), PaymentKeys.open(home), PaymentKeys.dead(home),
            PaymentKeys.events(home), PaymentKeys.outbox(home), PaymentKeys.flight(home),
        ] + PaymentSide.all(of: parties.from)
    }

    private func holdCall(_ parties: PaymentParties, _ tokenFrom: Int64, _ tokenTo: Int64) -> RedisScriptCall {
        let home = parties.id.home
        return RedisScriptCall(
            .paymentsHold,
            keys: [
                PaymentKeys.payment(home, id: parties.id.text), PaymentKeys.open(home), PaymentKeys.events(home),
                PaymentKeys.locked(home), LedgerKeys.account(parties.from), LedgerKeys.lock(parties.from),
            ],
            arguments: [
                .text(parties.id.text), .integer(Int(tokenFrom)), .integer(Int(tokenTo)),
                .integer(self.configuration.lookMilliseconds),
            ]
        )
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

    private func leaveCall(_ parties: PaymentParties) -> RedisScriptCall {
        let home = parties.id.home
        return RedisScriptCall(
            .paymentsLeave,
            keys: [PaymentKeys.payment(home, id: parties.id.text), PaymentKeys.open(home)]
                + PaymentSide.queue(of: parties.from),
            arguments: [
                .text(parties.id.text), .text(parties.from.id), .integer(self.configuration.lookMilliseconds),
            ]
        )
    }

    private func requeueCall(_ parties: PaymentParties) -> RedisScriptCall {
        let home = parties.id.home
        return RedisScriptCall(
            .paymentsRequeue,
            keys: [PaymentKeys.payment(home, id: parties.id.text), PaymentKeys.open(home), ShardKeys.work(home)],
            arguments: [.text(parties.id.text), .integer(self.configuration.lookMilliseconds)]
        )
    }
}
