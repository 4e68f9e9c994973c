package import Coordination
package import Evidence
import RESP
import Redis

/// Questions of the ledger's audit, and of those that stand on it.
extension StoreReader {
    /// Accounts of one shard at one instant, with a slice of their entries.
    package func accounts(
        _ accounts: [Account],
        first: Int = 0,
        limit: Int = LedgerAudit.sliceLimit
    ) async throws(AuditError) -> (time: ServerTime, accounts: [AccountSnapshot]) {
        let call = RedisScriptCall(
            .auditAccounts,
            keys: accounts.flatMap { [LedgerKeys.account($0), LedgerKeys.entries($0), LedgerKeys.references($0)] },
            arguments: [.integer(first), .integer(limit)]
        )
        return try await self.run(call) { AccountSnapshot.read($0, count: accounts.count) }
    }

    /// The counterweight of a shard, Redis's clock in the same step, and the balances of some accounts.
    package func cut(_ money: ShardMoney, with accounts: [Account] = []) async throws(AuditError) -> ShardCut {
        let keys = [money.worldKey, money.transitKey] + accounts.map { LedgerKeys.account($0) }
        return try await self.run(RedisScriptCall(.auditWorld, keys: keys)) { ShardCut($0, accounts) }
    }
}

extension RedisScript {
    fileprivate static let auditAccounts = RedisScript(
        "ledger_audit_accounts",
        source: PackageResources.ledger_audit_accounts_lua
    )
    fileprivate static let auditWorld = RedisScript(
        "ledger_audit_world",
        source: PackageResources.ledger_audit_world_lua
    )
}
