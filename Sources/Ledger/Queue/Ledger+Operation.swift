import RESP
import Redis

extension Ledger {
    /// Where an add that had to wait stands.
    enum Operation: Hashable, Sendable {
        case queued(Money)
        case done(Entry)
        case failed(Money, Refusal.Reason)
    }

    /// Looks up an add that had to wait; `nil` when there is none, or no longer.
    ///
    /// One round trip, and one more when it is done.
    func operation(_ account: Account, id: String) async throws(LedgerError) -> Operation? {
        let reply = try await self.send(
            RedisCommand(
                "HMGET",
                .key(LedgerKeys.operation(account.shard, id: id)),
                "account",
                "kind",
                "amount",
                "state",
                "outcome"
            )
        )
        guard let fields = reply.array, fields.count == 5, fields[0].string == account.id, fields[1].string == "add",
            let amount = fields[2].integerValue.map({ Money(minorUnits: $0) })
        else { return nil }
        guard fields[3].string == "settled" else { return .queued(amount) }
        let words = (fields[4].string ?? "").split(separator: " ")
        if words.count == 2, words[0] == "entry", let sequence = Int64(words[1]) {
            guard let entry = try await self.entries(account, sequence...sequence).first else {
                throw await self.missing()
            }
            return .done(entry)
        }
        guard words.count == 4, let reason = Refusal.Reason(rawValue: String(words[1])) else {
            throw .storeInconsistent
        }
        return .failed(amount, reason)
    }
}
