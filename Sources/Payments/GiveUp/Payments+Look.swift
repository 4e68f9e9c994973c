import Coordination
import Ledger
import RESP
import Redis

/// The look of a sweeper at a payment whose time to be looked at has come.
extension Payments {
    /// The payments before a payment, as they were read.
    private struct Line {
        /// Whether it stands in its payee's queue, and another is before it there or has the lock.
        var isBehind = false
        /// The payments that are first with payer and payee, or have their locks; not itself.
        var others: Set<PaymentID> = []
    }

    /// Looks at a payment whose time to be looked at has come; sends it to the workers when nobody else will.
    ///
    /// The payment that it waits for may have ended and left a place, as happens when a worker is paused for longer
    /// than a payment lasts and then dies: nobody else looks for that, so that it is cleaned up here. Three round
    /// trips, some more for one that waits or left something in another shard.
    func look(_ id: PaymentID) async throws(PaymentsError) {
        guard let parties = try await self.parties([id])[0] else {
            return try await self.close(id)
        }
        let line = try await self.line(parties)
        let call = RedisScriptCall(
            .paymentsLook,
            keys: [
                PaymentKeys.payment(id.home, id: id.text), PaymentKeys.open(id.home), ShardKeys.work(id.home),
                PaymentKeys.locked(id.home), LedgerKeys.waiters(parties.from), ShardKeys.woken(id.home),
            ],
            arguments: [
                .text(id.text), .integer(self.configuration.lookMilliseconds), .text(line.isBehind ? "1" : "0"),
            ]
        )
        let word = try await self.step("look", call).reply.array?.first?.string ?? "malformed"
        self.metrics.stepped("look", word)
        switch word {
        case "ended", "dead": try await self.leave(parties)
        case "gone": try await self.close(id)
        case "waits":
            for other in line.others {
                guard let payment = try await self.payment(other) else { continue }
                if payment.state.isTerminal || payment.dead != nil { try await self.leave(PaymentParties(payment)) }
            }
        default: break
        }
    }

    /// Reads who is before a payment.
    ///
    /// The payee's shard may be another one than the payment's, so that this is not of the script's instant. A
    /// queue or a lock that cannot be read names nobody: then workers shall find out. One round trip.
    private func line(_ parties: PaymentParties) async throws(PaymentsError) -> Line {
        let commands =
            [parties.to, parties.from].flatMap { account in
                [
                    RedisCommand("ZRANGE", .key(LedgerKeys.waiters(account)), 0, 0),
                    RedisCommand("GET", .key(LedgerKeys.lock(account))),
                ]
            } + [RedisCommand("ZSCORE", .key(LedgerKeys.waiters(parties.to)), .text(parties.id.text))]
        var replies: [RESPValue] = []
        for result in await self.redis.send(commands, within: nil) {
            do { replies.append(try result.get()) } catch .refused { return Line() } catch {
                throw .ledger(LedgerError(error))
            }
        }
        // The head and the holder of the payee's, then the payer's.
        let names = (0..<4).map { place in
            place.isMultiple(of: 2)
                ? replies[place].array?.first?.string
                : replies[place].string.map { String($0.prefix { $0 != ":" }) }
        }
        var line = Line()
        line.isBehind = replies[4].string != nil && names.prefix(2).contains { $0 != nil && $0 != parties.id.text }
        line.others = Set(names.compactMap { name in name.flatMap { PaymentID($0) } }).subtracting([parties.id])
        return line
    }

    private func close(_ id: PaymentID) async throws(PaymentsError) {
        _ = try await self.send(RedisCommand("ZREM", .key(PaymentKeys.open(id.home)), .text(id.text)))
    }
}
