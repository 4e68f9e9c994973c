package import Coordination
import Evidence

/// Every Redis key of this feature.
///
/// `docs/keys.md` lists them. All keys of a user lie in the user's shard, so that each script finds its keys on one
/// node.
package enum LedgerKeys {
    // MARK: One account

    /// Hash: `balance`, `sequence`, `chain`, `token`, `updated`.
    package static func account(_ account: Account) -> String {
        "tally:{\(account.shard.tag)}:account:\(account.id)"
    }

    /// List of packed entries, oldest first: the entry with sequence n has index n - 1.
    package static func entries(_ account: Account) -> String {
        "tally:{\(account.shard.tag)}:entries:\(account.id)"
    }

    /// String `<operation>:<token>`, gone when its lease has ended.
    package static func lock(_ account: Account) -> String {
        "tally:{\(account.shard.tag)}:lock:\(account.id)"
    }

    /// Sorted set of operations that wait for the lock, in order.
    package static func waiters(_ account: Account) -> String {
        "tally:{\(account.shard.tag)}:waiters:\(account.id)"
    }

    /// Hash: a business reference to the transaction that has it.
    package static func references(_ account: Account) -> String {
        "tally:{\(account.shard.tag)}:references:\(account.id)"
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

// MARK: Reading

extension LedgerKeys {
    /// The owner of a key that an audit looks at.
    package enum Owner: Hashable, Sendable {
        case account(Account)
        /// The outside world of a shard, in this currency.
        case world(Shard, Currency)
        /// Money on its way between this shard and others, in this currency.
        case transit(Shard, Currency)
        /// An account's, in another shard than its own.
        case misplaced(Account)
    }

    /// The pattern for `SCAN` that finds the accounts, entries and references of all shards, and of tags that are none.
    package static let pattern =
        Account(id: "gopal/USD").map {
            KeyName.pattern(tags: "s*", of: Self.account($0), Self.entries($0), Self.references($0))
        } ?? ""

    /// `nil` for a key that is none of an account, and neither of the other two.
    package static func owner(of key: String) -> Owner? {
        guard let name = KeyName(key) else { return nil }
        let words = name.rest.split(separator: "/", omittingEmptySubsequences: false)
        guard words.count == 2, let currency = Currency(code: String(words[1])) else { return nil }
        if let shard = Shard(tag: name.tag) {
            if name.isOne(of: Self.world(shard, currency)) { return .world(shard, currency) }
            if name.isOne(of: Self.transit(shard, currency)) { return .transit(shard, currency) }
        }
        guard let user = UserID(words[0]) else { return nil }
        let account = Account(user, currency)
        let names = [Self.account(account), Self.entries(account), Self.references(account)]
        if names.contains(key) { return .account(account) }
        return names.contains(name.tagged(account.shard.tag)?.text ?? "") ? .misplaced(account) : nil
    }
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
