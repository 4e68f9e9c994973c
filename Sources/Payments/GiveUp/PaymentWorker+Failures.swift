import Coordination
import Ledger
import Logging
import RESP
import Redis

/// The ways that a payment may take whose worker dies, or whose try fails.
///
/// - The messages that a dead worker had stay in Redis under its name. ``WorkQueue`` gives them to another worker when
///   nobody has touched them for a lease, and to a successor of the same instance at once. ``counted(_:)`` counts that
///   as a try, before the work begins: at first of all that are taken over together, and from the third on of each by
///   itself (``batches(_:)``).
/// - The record says how far the payment came. A whole one has ended or has not begun. A split one goes on with the
///   step that is missing: the payment has the locks, and not the worker. Locks whose lease has ended are taken anew
///   (``SplitMachine``).
/// - A try that fails is counted by ``settle(_:_:)``. A sweeper sends the payment to the workers again, later with each
///   try.
/// - A payment whose message is lost is found by ``PaymentSweeper``, which looks at the records.
/// - A payment that failed `payments.deliveryLimit` times is a dead letter. It gives up locks and places, so that its
///   neighbours go on, until a person cancels it or gives it to the workers again (``Payments/redrive(_:)``).
extension PaymentWorker {
    /// Acknowledges, or counts the try; `false` leaves the message.
    func settle(_ job: PaymentJob, _ outcome: JobOutcome) async -> Bool {
        switch outcome {
        case .finished: return true
        case .unfinished: return false
        case .failed(let reason):
            self.logger.error(
                "Payment cannot be carried out",
                metadata: ["payment": "\(job.parties.id.text)", "reason": "\(reason)"]
            )
            return await self.payments.attempt(job, reason: reason, acknowledges: true) != nil
        }
    }

    /// Jobs that are carried out side by side, one batch after another.
    ///
    /// A payment that ends its workers must not take along what they had in hand beside it. So the first batch has all
    /// that workers did not leave, or left a few times; each of the others is a batch by itself. One round trip when a
    /// message was taken over.
    func batches(_ jobs: [PaymentJob]) async throws(PaymentsError) -> [[PaymentJob]] {
        let left = jobs.filter(\.message.isRedelivered)
        let attempts = try await self.payments.attempts(left.map(\.parties.id))
        let suspects = Set(zip(left, attempts).filter { $1 >= self.payments.configuration.attemptsTogether }.map(\.0))
        let together = jobs.filter { !suspects.contains($0) }
        return (together.isEmpty ? [] : [together]) + left.filter { suspects.contains($0) }.map { [$0] }
    }

    /// Counts a try for messages that a worker had before and did not finish; leaves out those that had too many.
    func counted(_ jobs: [PaymentJob]) async throws(PaymentsError) -> [PaymentJob] {
        let counts = await withTaskGroup(of: Count.self) { group in
            for job in jobs where job.message.isRedelivered {
                group.addTask {
                    let attempt = await self.payments.attempt(job, reason: "workers ended with it", acknowledges: false)
                    return Count(job: job, attempt: attempt)
                }
            }
            return await group.reduce(into: [Count]()) { $0.append($1) }
        }
        var dead: Set<PaymentJob> = []
        for count in counts {
            switch count.attempt {
            // An ended payment may have left a place.
            case .again, .ended: continue
            case .dead:
                try await self.payments.acknowledge(count.job.message)
                dead.insert(count.job)
            case nil: throw .ledger(.store(.outcomeUnknown(.closed)))
            }
        }
        return jobs.filter { !dead.contains($0) }
    }

    private struct Count: Sendable {
        let job: PaymentJob
        let attempt: Payments.Attempt?
    }
}

extension Payments {
    /// The outcome of a try that failed.
    enum Attempt: Hashable, Sendable {
        case again
        case dead
        case ended
    }

    /// First wait doubles with each try, up to this.
    private static let longestBackoff = Duration.seconds(5)

    /// How often each of these was tried in vain; 0 for one that is not there.
    ///
    /// One round trip, none for no payments.
    func attempts(_ ids: [PaymentID]) async throws(PaymentsError) -> [Int64] {
        let commands = ids.map { RedisCommand("HGET", .key(PaymentKeys.payment($0.home, id: $0.text)), "attempts") }
        var attempts: [Int64] = []
        for result in await self.redis.send(commands, within: nil) {
            do { attempts.append(try result.get().integerValue ?? 0) } catch .refused(let refusal)
                where refusal.kind == .wrongType
            { attempts.append(0) } catch { throw .ledger(LedgerError(error)) }
        }
        return attempts
    }

    /// Counts a try that failed; `nil` when that could not be done.
    ///
    /// `acknowledges` also acknowledges the message, and a sweeper sends the payment to the workers again.
    func attempt(_ job: PaymentJob, reason: String, acknowledges: Bool) async -> Attempt? {
        let parties = job.parties
        let (home, id) = (parties.id.home, parties.id.text)
        do throws(PaymentsError) {
            let doublings = min(max(try await self.attempts([parties.id])[0], 0), 10)
            let pause = min(self.configuration.firstBackoff * (1 << Int(doublings)), Self.longestBackoff)
            let call = RedisScriptCall(
                .paymentsAttempt,
                keys: [
                    PaymentKeys.payment(home, id: id), PaymentKeys.open(home), PaymentKeys.dead(home),
                    job.message.stream,
                ] + PaymentSide.queue(of: parties.from) + (self.isWhole ? PaymentSide.queue(of: parties.to) : []),
                arguments: [
                    .text(id), .text(acknowledges ? job.message.id : ""), .integer(self.configuration.deliveryLimit),
                    .integer(Int(pause / .milliseconds(1))), .text(reason),
                ],
                spansTags: true
            )
            let word = try await self.step("attempt", call).reply.array?.first?.string ?? "malformed"
            self.metrics.stepped("attempt", word)
            switch word {
            case "again": return .again
            case "dead": return .dead
            default: return .ended
            }
        } catch { return nil }
    }
}
