import Coordination
import Ledger
import RESP
import Redis

/// The messages that bring payments to workers.
extension Payments {
    /// Finishes a message whose payment needs nothing more of it.
    func acknowledge(_ message: WorkMessage) async throws(PaymentsError) {
        // In this order: what is pending and gone is cleaned up by the next who reclaims, what is left would stay.
        _ = try await self.send([
            RedisCommand("XDEL", .key(message.stream), .text(message.id)),
            RedisCommand("XACK", .key(message.stream), .text(WorkQueue.group), .text(message.id)),
        ])
    }

    /// The accounts of payments; `nil` for one that is not there.
    ///
    /// One round trip.
    func parties(_ ids: [PaymentID]) async throws(PaymentsError) -> [PaymentParties?] {
        let names = PaymentParties.Record.names.map { RedisArgument.text($0) }
        let commands = ids.map { RedisCommand("HMGET", [.key(PaymentKeys.payment($0.home, id: $0.text))] + names) }
        var parties: [PaymentParties?] = []
        for (id, result) in zip(ids, await self.redis.send(commands, within: nil)) {
            do {
                parties.append(PaymentParties(id, try result.get()))
            } catch .refused(let refusal) where refusal.kind == .wrongType {
                parties.append(nil)
            } catch { throw .ledger(LedgerError(error)) }
        }
        return parties
    }
}
