package import Coordination
import Ledger
import RESP
import Redis

/// Payments that failed too often: they wait for a person.
extension Payments {
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
        let records = try await self.send(members.map { Self.read($0.0) })
        return zip(members, records).compactMap { member, record in
            Payment(member.0, record).map { DeadLetter(payment: $0, since: ServerTime(milliseconds: member.1)) }
        }
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
            ] + PaymentSide.queue(of: parties.from),
            arguments: [.text(id.text), .integer(self.configuration.lookMilliseconds)]
        )
        return try await self.step("redrive", call).reply.integerValue == 1
    }
}
