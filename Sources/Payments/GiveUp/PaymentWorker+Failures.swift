import Coordination
import Ledger
import Logging
import RESP
import Redis

/// The ways that a payment may take whose worker dies, or whose try fails.
///
/// - The messages that a dead worker had stay in Redis under its name. ``WorkQueue`` gives them to another worker when
///   nobody has touched them for a lease, and to a successor of the same instance at once. ``counted(_:)`` counts that
///   as a try.
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

    /// Counts a try for messages that a worker had before and did not finish; leaves out those that had too many.
    func counted(_ jobs: [PaymentJob]) async throws(PaymentsError) -> [PaymentJob] {
        var left: [PaymentJob] = []
        for job in jobs {
            guard job.message.isRedelivered else {
                left.append(job)
                continue
            }
            switch await self.payments.attempt(job, reason: "workers ended with it", acknowledges: false) {
            case .again: left.append(job)
            // An ended payment may have left a place.
            case .ended: left.append(job)
            case .dead: try await self.payments.acknowledge(job.message)
            case nil: throw .ledger(.store(.outcomeUnknown(.closed)))
            }
        }
        return left
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

    /// Counts a try that failed; `nil` when that could not be done.
    ///
    /// `acknowledges` also acknowledges the message, and a sweeper sends the payment to the workers again.
    func attempt(_ job: PaymentJob, reason: String, acknowledges: Bool) async -> Attempt? {
        let parties = job.parties
        let (home, id) = (parties.id.home, parties.id.text)
        do throws(PaymentsError) {
            let tried = try await self.send(RedisCommand("HGET", .key(PaymentKeys.payment(home, id: id)), "attempts"))
            let doublings = min(max(tried.integerValue ?? 0, 0), 10)
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
