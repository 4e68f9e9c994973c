package import Coordination
import Ledger
import RESP
import Redis

/// Payments that nobody is at work on: those to look at, those that failed, and those that were given up.
extension Payments {
    /// What became of a try that failed.
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
                ] + Self.queueKeys(parties.from) + (self.isWhole ? Self.queueKeys(parties.to) : []),
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

    func acknowledge(_ message: WorkMessage) async throws(PaymentsError) {
        // In this order: what is pending and gone is cleaned up by the next who reclaims, what is left would stay.
        let commands = [
            RedisCommand("XDEL", .key(message.stream), .text(message.id)),
            RedisCommand("XACK", .key(message.stream), .text(WorkQueue.group), .text(message.id)),
        ]
        for result in await self.redis.send(commands, within: nil) {
            do { _ = try result.get() } catch { throw .ledger(LedgerError(error)) }
        }
    }

    /// The accounts of payments; `nil` for one that is not there.
    ///
    /// One round trip.
    func parties(_ ids: [PaymentID]) async throws(PaymentsError) -> [PaymentParties?] {
        let commands = ids.map { RedisCommand("HMGET", .key(PaymentKeys.payment($0.home, id: $0.text)), "from", "to") }
        var parties: [PaymentParties?] = []
        for (id, result) in zip(ids, await self.redis.send(commands, within: nil)) {
            do {
                let fields = try result.get().array ?? []
                guard fields.count == 2, let from = fields[0].string.flatMap({ Account(id: $0) }),
                    let to = fields[1].string.flatMap({ Account(id: $0) })
                else {
                    parties.append(nil)
                    continue
                }
                parties.append(PaymentParties(id, from: from, to: to))
            } catch .refused(let refusal) where refusal.kind == .wrongType {
                parties.append(nil)
            } catch { throw .ledger(LedgerError(error)) }
        }
        return parties
    }

    // MARK: Dead letters

    /// A payment that workers gave up on.
    package struct DeadLetter: Sendable {
        package let payment: Payment
        package let since: ServerTime
    }

    /// The dead letters of one shard, oldest first.
    ///
    /// One round trip, and one more for the records.
    package func deadLetters(_ shard: Shard) async throws(PaymentsError) -> [DeadLetter] {
        let reply = try await self.send(
            RedisCommand("ZRANGE", .key(PaymentKeys.dead(shard)), 0, -1, "WITHSCORES")
        )
        let words = (reply.array ?? []).map { $0.string ?? "" }
        let members = stride(from: 0, to: words.count - 1, by: 2).compactMap { index in
            PaymentID(words[index]).flatMap { id in Int64(words[index + 1]).map { (id, $0) } }
        }
        var letters: [DeadLetter] = []
        let records = await self.redis.send(members.map { Self.read($0.0) }, within: nil)
        for ((id, since), record) in zip(members, records) {
            do {
                guard let payment = Payment(id, try record.get()) else { continue }
                letters.append(DeadLetter(payment: payment, since: ServerTime(milliseconds: since)))
            } catch { throw .ledger(LedgerError(error)) }
        }
        return letters
    }

    /// Gives a dead letter to the workers again, with no tries behind it; `false` when it is none.
    ///
    /// Two round trips.
    package func redrive(_ id: PaymentID) async throws(PaymentsError) -> Bool {
        guard let parties = try await self.parties([id])[0] else { return false }
        let call = RedisScriptCall(
            .paymentsRedrive,
            keys: [
                PaymentKeys.payment(id.home, id: id.text), PaymentKeys.open(id.home), PaymentKeys.dead(id.home),
            ] + Self.queueKeys(parties.from),
            arguments: [.text(id.text), .integer(self.configuration.lookMilliseconds)]
        )
        return try await self.step("redrive", call).reply.integerValue == 1
    }
}
