import Coordination
import Ledger
import RESP
import Redis

extension PaymentWorker {
    /// Carries out jobs of lockers, each of which is one script; outcomes in order.
    ///
    /// `nil` for a payment that is under way in steps, as another setting or the version before left it.
    func runWhole(_ jobs: [PaymentJob]) async -> [JobOutcome?] {
        let payments = self.payments
        guard payments.failpoints.isArmed else {
            let results = await payments.commits.commit(
                jobs.map { payments.onceCall($0) },
                payments.configuration.durability
            )
            let words = results.map { Payments.word($0) }
            let counts = Dictionary(words.map { ($0.text, 1) }, uniquingKeysWith: +)
            for (word, count) in counts { payments.metrics.stepped("once", word, count) }
            return words.map(\.outcome)
        }
        var outcomes: [JobOutcome?] = []
        for job in jobs { outcomes.append(await payments.carryOutWhole(job)) }
        return outcomes
    }
}

extension Payments {
    /// One payment by itself, where failpoints may lie.
    func carryOutWhole(_ job: PaymentJob) async -> JobOutcome? {
        do throws(PaymentsError) {
            let word = Self.word(.success(try await self.step("once", self.onceCall(job))))
            self.metrics.stepped("once", word.text)
            return word.outcome
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

    /// The outcome of a message by the script's first word; none for a payment that is under way in steps.
    static func word(_ result: Result<Commit<RESPValue>, CommitError>) -> (text: String, outcome: JobOutcome?) {
        switch result {
        case .success(let commit):
            let word = commit.reply.array?.first?.string ?? "malformed"
            switch word {
            case "other": return (word, nil)
            case "inconsistent", "malformed":
                return (word, .failed(reason: "what the store holds of it is damaged"))
            default: return (word, .finished)
            }
        case .failure(.notReplicated): return ("not_replicated", .unfinished)
        case .failure(.store(let error)):
            // A script that stumbles over what lies there has changed nothing.
            guard case .storeInconsistent = LedgerError(error) else { return ("unanswered", .unfinished) }
            return ("broken", .failed(reason: "the store holds something of another type"))
        }
    }

    fileprivate func onceCall(_ job: PaymentJob) -> RedisScriptCall {
        let (home, id, to) = (job.parties.id.home, job.parties.id.text, job.parties.to)
        return RedisScriptCall(
            .paymentsOnce,
            keys: [
                PaymentKeys.payment(home, id: id), PaymentKeys.open(home), PaymentKeys.dead(home),
                PaymentKeys.events(home), PaymentKeys.outbox(home), job.message.stream,
            ] + PaymentSide.all(of: job.parties.from) + PaymentSide.all(of: to)
                + [PaymentKeys.events(to.shard), PaymentKeys.list(to)],
            arguments: [
                .text(id), .text(job.message.id), .integer(self.configuration.keepMilliseconds),
                .integer(self.configuration.lookMilliseconds),
            ],
            spansTags: true
        )
    }
}
