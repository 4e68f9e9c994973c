package import Coordination

/// Every Redis key of this feature.
///
/// `docs/keys.md` lists them. All keys of a user lie in the user's shard, so that each script finds its keys on one
/// node.
package enum LedgerKeys {
    // MARK: One account

    /// Hash: `balance`, `sequence`, `chain`, `token`, `updated`.
    package static func account(_ account: Account) -> String {
        let shard = account.shard
        return "tally:{\(shard.tag)}:account:\(account.id)"
    }

    /// List of packed entries, oldest first: the entry with sequence n has index n - 1.
    package static func entries(_ account: Account) -> String {
        let shard = account.shard
        return "tally:{\(shard.tag)}:entries:\(account.id)"
    }

    /// String `<operation>:<token>`, gone when its lease has ended.
    package static func lock(_ account: Account) -> String {
        let shard = account.shard
        return "tally:{\(shard.tag)}:lock:\(account.id)"
    }

    /// Sorted set of operations that wait for the lock, in order.
    package static func waiters(_ account: Account) -> String {
        let shard = account.shard
        return "tally:{\(shard.tag)}:waiters:\(account.id)"
    }

    /// Hash: a business reference to the transaction that has it.
    package static func references(_ account: Account) -> String {
        let shard = account.shard
        return "tally:{\(shard.tag)}:references:\(account.id)"
    }

    // MARK: One shard

    /// Hash with the `balance` of the outside world, minus the sum of all that was added in this shard, and `entries`:
    /// how many there were ever made here.
    package static func world(_ shard: Shard, _ currency: Currency) -> String {
        "tally:{\(shard.tag)}:account:~world/\(currency.code)"
    }

    /// Hash with the `balance` of money on its way between shards: the sum that left for others less the sum that came.
    package static func transit(_ shard: Shard, _ currency: Currency) -> String {
        "tally:{\(shard.tag)}:account:~transit/\(currency.code)"
    }

    /// Hash of one operation that has to wait.
    package static func operation(_ shard: Shard, id: String) -> String { "tally:{\(shard.tag)}:operation:\(id)" }

    /// Sorted set of accounts with waiting operations, by when to look at them.
    package static func due(_ shard: Shard) -> String { "tally:{\(shard.tag)}:due" }
}

extension Ledger {
    /// The lock of an account, for operations that need it longer than one script.
    package func lockKeys(_ account: Account) -> FencedLock.Keys {
        FencedLock.Keys(
            lock: LedgerKeys.lock(account),
            account: LedgerKeys.account(account),
            waiters: LedgerKeys.waiters(account),
            wake: ShardKeys.wake(account.shard),
            work: ShardKeys.work(account.shard),
            woken: ShardKeys.woken(account.shard),
            accountID: account.id
        )
    }
}
