import Coordination
import Ledger
import RESP
import Redis

extension PaymentWorker {
    /// Carries out jobs each of whose roles is one script; outcomes in order.
    func runWhole(_ jobs: [PaymentJob]) async -> [JobOutcome] {
        let payments = self.payments
        guard payments.failpoints.isArmed else {
            let calls = jobs.map { payments.wholeCall($0) }
            let results = await payments.commits.commit(calls, payments.configuration.durability)
            var outcomes: [JobOutcome] = []
            var counts: [String: Int] = [:]
            for (job, result) in zip(jobs, results) {
                let word = Payments.word(result)
                counts["\(payments.wholeName(job)) \(word.text)", default: 0] += 1
                outcomes.append(word.outcome)
            }
            for (name, count) in counts {
                let words = name.split(separator: " ").map(String.init)
                payments.metrics.stepped(words[0], words[1], count)
            }
            return await self.finishSplit(jobs, outcomes, results)
        }
        var outcomes: [JobOutcome] = []
        for job in jobs { outcomes.append(await payments.carryOutWhole(job)) }
        return outcomes
    }

    /// A payment that another setting left between two shards is ended by the steps that are for that.
    private func finishSplit(
        _ jobs: [PaymentJob],
        _ outcomes: [JobOutcome],
        _ results: [Result<Commit<RESPValue>, CommitError>]
    ) async -> [JobOutcome] {
        var outcomes = outcomes
        for (index, result) in results.enumerated() where Payments.isForSteps(result) {
            outcomes[index] = await self.payments.carryOut(jobs[index])
        }
        return outcomes
    }
}

extension Payments {
    /// Whether a payment is on its way step by step, as another setting or a lost lock left it.
    static func isForSteps(_ result: Result<Commit<RESPValue>, CommitError>) -> Bool {
        guard case .success(let commit) = result else { return false }
        return ["debited", "other"].contains(commit.reply.array?.first?.string)
    }

    /// One role of one payment, step by step, where failpoints may lie.
    func carryOutWhole(_ job: PaymentJob) async -> JobOutcome {
        do throws(PaymentsError) {
            let name = self.wholeName(job)
            let commit = try await self.step(name, self.wholeCall(job))
            let word = Self.word(.success(commit))
            self.metrics.stepped(name, word.text)
            return Self.isForSteps(.success(commit)) ? await self.carryOut(job) : word.outcome
        } catch { return Self.outcome(of: error) }
    }

    static func outcome(of error: PaymentsError) -> JobOutcome {
        switch error {
        case .ledger(.store), .ledger(.appliedNotDurable), .ledger(.storeUnsafe): .unfinished
        case .ledger(.storeInconsistent): .failed(reason: "what the store holds of it is damaged")
        case .ledger(.userInvalid), .ledger(.amountInvalid), .ledger(.amountOutOfRange), .ledger(.referenceInvalid),
            .ledger(.pageInvalid), .ledger(.transactionInvalid), .ledger(.transactionUnknown),
            .ledger(.idempotencyKeyReused), .ledger(.accountBusy), .ledger(.deadlineExceeded), .accountInvalid,
            .sameAccount, .descriptionInvalid, .notBeforeInvalid, .callbackInvalid, .callbacksOff, .paymentInvalid,
            .paymentUnknown, .notPending, .notReversible, .alreadyReversed, .queueFull, .tooManyWatchers:
            .failed(reason: "it cannot be carried out")
        }
    }

    /// What a script's first word means for its message.
    static func word(_ result: Result<Commit<RESPValue>, CommitError>) -> (text: String, outcome: JobOutcome) {
        switch result {
        case .success(let commit):
            let word = commit.reply.array?.first?.string ?? "malformed"
            return (
                word,
                word == "inconsistent" || word == "malformed"
                    ? .failed(reason: "what the store holds of it is damaged") : .finished
            )
        case .failure(.notReplicated): return ("not_replicated", .unfinished)
        case .failure(.store(let error)):
            // A script that stumbles over what lies there has changed nothing.
            guard case .storeInconsistent = LedgerError(error) else { return ("unanswered", .unfinished) }
            return ("broken", .failed(reason: "the store holds something of another type"))
        }
    }

    /// What the step of a role is called.
    func wholeName(_ job: PaymentJob) -> String {
        guard job.role == .locker else { return "apply" }
        return self.configuration.steps == .oneStep ? "once" : "lock"
    }

    func wholeCall(_ job: PaymentJob) -> RedisScriptCall {
        guard job.role == .locker else { return self.moneyCall(.paymentsApply, job) }
        return self.configuration.steps == .oneStep ? self.moneyCall(.paymentsOnce, job) : self.lockCall(job)
    }

    private func lockCall(_ job: PaymentJob) -> RedisScriptCall {
        let (home, id) = (job.parties.id.home, job.parties.id.text)
        return RedisScriptCall(
            .paymentsLock,
            keys: [
                PaymentKeys.payment(home, id: id), PaymentKeys.open(home), PaymentKeys.events(home),
                PaymentKeys.locked(home), job.message.stream,
            ] + Self.lockKeys(job.parties.from) + Self.lockKeys(job.parties.to),
            arguments: [
                .text(id), .text(job.message.id), .integer(self.configuration.leaseMilliseconds),
                .integer(self.configuration.lookMilliseconds),
            ],
            spansTags: true
        )
    }

    private static func lockKeys(_ account: Account) -> [String] {
        [LedgerKeys.account(account)] + Self.queueKeys(account)
    }

    private func moneyCall(_ script: RedisScript, _ job: PaymentJob) -> RedisScriptCall {
        let (home, id, to) = (job.parties.id.home, job.parties.id.text, job.parties.to)
        return RedisScriptCall(
            script,
            keys: [
                PaymentKeys.payment(home, id: id), PaymentKeys.open(home), PaymentKeys.dead(home),
                PaymentKeys.events(home), PaymentKeys.outbox(home), job.message.stream,
            ] + Self.moneyKeys(job.parties.from) + Self.moneyKeys(to)
                + [PaymentKeys.events(to.shard), PaymentKeys.list(to)],
            arguments: [
                .text(id), .text(job.message.id), .integer(self.configuration.keepMilliseconds),
                .integer(self.configuration.lookMilliseconds),
            ],
            spansTags: true
        )
    }

    /// What a script needs to move money in or out of an account under its lock.
    static func moneyKeys(_ account: Account) -> [String] {
        [LedgerKeys.account(account), LedgerKeys.entries(account)] + Self.queueKeys(account) + [
            LedgerKeys.world(account.shard, account.currency), LedgerKeys.transit(account.shard, account.currency),
        ]
    }
}
