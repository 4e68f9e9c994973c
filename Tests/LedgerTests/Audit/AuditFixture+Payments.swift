import Coordination
import Evidence
import Ledger
import RESP
import Redis

/// Payments as the service makes them, by a script of the tests.
extension AuditFixture {
    /// The name of a payment of this payer.
    static func payment(_ from: Account, _ number: Int) -> String {
        let digits = String(number)
        return "\(from.shard.tag)-01KAJ2" + String(repeating: "0", count: 20 - digits.count) + digits
    }

    /// Moves money in one step; without `to` it stays on its way, without `from` it comes in from there.
    ///
    /// `kind` is that of the entry at `to`. An amount that the payer has not got is not moved.
    func pay(
        _ id: String,
        from: Account?,
        to: Account?,
        _ amount: Int,
        kind: Entry.Kind = .credit
    ) async throws {
        let sides = [(from, Entry.Kind.debit), (to, kind)].compactMap { pair in pair.0.map { ($0, pair.1) } }
        let keys = sides.flatMap { account, _ in
            [
                LedgerKeys.account(account), LedgerKeys.entries(account),
                LedgerKeys.world(account.shard, account.currency), LedgerKeys.transit(account.shard, account.currency),
            ]
        }
        let arguments = sides.flatMap { [RedisArgument.text($0.0.id), .text($0.1.rawValue)] }
        let isInside = from?.shard == to?.shard
        let reply = try await self.redis.run(
            RedisScriptCall(
                Self.payer,
                keys: keys,
                arguments: [
                    .text(id), .integer(amount), .integer(isInside ? 1 : 0), .integer(from == nil ? 0 : 1),
                ] + arguments,
                spansTags: true
            )
        )
        guard reply.integerValue != nil else { throw RedisError.outcomeUnknown(.malformedReply) }
    }

    private static let payer = RedisScript("test_payer", source: Array(source.utf8))
    private static let source = """
        local operation, amount, is_inside = ARGV[1], tonumber(ARGV[2]), ARGV[3] == "1"
        local time = redis.call("TIME")
        local now = string.format("%.0f", time[1] * 1000 + math.floor(time[2] / 1000))
        if ARGV[4] == "1" and tonumber(redis.call("HGET", KEYS[1], "balance") or 0) < amount then
            return 0
        end
        for i = 0, #KEYS / 4 - 1 do
            local account, entries, world, transit = KEYS[4 * i + 1], KEYS[4 * i + 2], KEYS[4 * i + 3], KEYS[4 * i + 4]
            local id, kind = ARGV[5 + 2 * i], ARGV[6 + 2 * i]
            local change = kind == "debit" and -amount or amount
            local head = redis.call("HMGET", account, "chain", "updated")
            local at = head[2] and tonumber(head[2]) > tonumber(now) and head[2] or now
            local token = redis.call("HINCRBY", account, "token", 1)
            local sequence = redis.call("HINCRBY", account, "sequence", 1)
            local total = string.format("%.0f", redis.call("HINCRBY", account, "balance", change))
            local body = table.concat({sequence, operation, token, change, total, kind, at, "-"}, " ")
            local chain = redis.sha1hex((head[1] or id) .. " " .. body)
            redis.call("RPUSH", entries, body .. " " .. chain)
            redis.call("HSET", account, "chain", chain, "updated", at)
            redis.call("HINCRBY", world, "entries", 1)
            if not is_inside then
                redis.call("HINCRBY", transit, "balance", string.format("%d", -change))
            end
        end
        return 1
        """
}
