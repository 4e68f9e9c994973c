import Coordination
import Ledger

/// The keys of the payer or the payee, by the names that `payment.lua` has for them, in the order in which scripts get
/// them.
package enum PaymentSide: String, Hashable, Sendable, CaseIterable {
    case account, entries, lock, waiters, wake, work, woken, world, transit

    /// The keys with which a script leaves the account's queue, `PAYMENT_QUEUE`; all of them together move money.
    package static let queue: [PaymentSide] = [.lock, .waiters, .wake, .work, .woken]

    /// The keys of an account that a script needs to leave its queue.
    static func queue(of account: Account) -> [String] { Self.queue.map { $0.key(of: account) } }

    /// The keys of an account that a script needs to move its money under its lock.
    static func all(of account: Account) -> [String] { Self.allCases.map { $0.key(of: account) } }

    private func key(of account: Account) -> String {
        switch self {
        case .account: LedgerKeys.account(account)
        case .entries: LedgerKeys.entries(account)
        case .lock: LedgerKeys.lock(account)
        case .waiters: LedgerKeys.waiters(account)
        case .wake: ShardKeys.wake(account.shard)
        case .work: ShardKeys.work(account.shard)
        case .woken: ShardKeys.woken(account.shard)
        case .world: LedgerKeys.world(account.shard, account.currency)
        case .transit: LedgerKeys.transit(account.shard, account.currency)
        }
    }
}
