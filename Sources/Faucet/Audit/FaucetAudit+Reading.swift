import Coordination
import Ethereum
import EthereumRPC
import Evidence
import RESP
import Redis

/// Questions of the faucet's audit.
extension StoreReader {
    private static let memberLimit = 1000

    /// The era that is; `nil` when none has begun.
    func era() async throws(AuditError) -> Era? {
        try await self.send(RedisCommand("HMGET", .key(FaucetKeys.era), "number", "chain_id", "genesis")) {
            let words = ($0.array ?? []).map { $0.string ?? "" }
            guard words.count == 3 else { return nil }
            guard !words[0].isEmpty else { return .some(nil) }
            guard let number = Int64(words[0]), let id = UInt64(words[1]), let genesis = Hash32(hex: words[2]) else {
                return nil
            }
            return Era(number: number, chain: ChainIdentity(id: id, genesis: genesis))
        }
    }

    /// Distributions of a lane by their nonces, from one on.
    ///
    /// A distribution that is there from the first slice to the last one is found for certain. `nil` when the key is no
    /// sorted set.
    func nonces(
        _ key: String,
        from first: UInt64 = 0,
        to last: UInt64? = nil
    ) async throws(AuditError) -> [(id: String, nonce: UInt64)]? {
        var members: [(id: String, nonce: UInt64)] = []
        var seen: Set<String> = []
        var low = first
        while true {
            let range: [RedisArgument] = [.text(String(low)), .text(last.map { String($0) } ?? "+inf"), "BYSCORE"]
            let slice: [RedisArgument] = ["LIMIT", 0, .integer(Self.memberLimit), "WITHSCORES"]
            let words: [String]
            do {
                let reply = try await self.send(RedisCommand("ZRANGE", [.key(key)] + range + slice))
                words = (reply.array ?? []).map { $0.string ?? "" }
            } catch {
                guard error.isWrongType else { throw error }
                return nil
            }
            var highest = low
            for index in stride(from: 0, to: words.count - 1, by: 2) {
                let nonce = UInt64(words[index + 1]) ?? .max
                highest = max(highest, nonce)
                if seen.insert(words[index]).inserted { members.append((words[index], nonce)) }
            }
            guard words.count == 2 * Self.memberLimit else { return members }
            // The last nonce once more, since two could have it, but never the same slice for ever.
            low = highest > low ? highest : low + 1
        }
    }

    /// These records, each batch of one instant, in their order.
    func records(_ ids: [String]) async throws(AuditError) -> [AuditedDistribution] {
        var records: [AuditedDistribution] = []
        for batch in ids.slices(of: FaucetAudit.batchLimit) {
            let call = RedisScriptCall(
                .auditRecords,
                keys: [FaucetKeys.open, FaucetKeys.bound] + batch.map(FaucetKeys.distribution),
                arguments: AuditedDistribution.fields.map { .text($0) }
            )
            records += try await self.run(call) { reply in
                guard let parts = reply.array, parts.count == 1 + batch.count else { return nil }
                let read = zip(batch, parts.dropFirst()).compactMap { AuditedDistribution($0, $1) }
                return read.count == batch.count ? read : nil
            }
        }
        return records
    }
}

extension RedisScript {
    fileprivate static let auditRecords = RedisScript(
        "faucet_audit_records",
        source: PackageResources.faucet_audit_records_lua
    )
}
