package import Coordination

/// The balances that one account brings to the sum of its shard.
package struct BalanceReading: Hashable, Sendable {
    package let account: Account
    /// The balance in the account's hash; `nil` when it cannot be told.
    package var balance: Int64?
    /// The balance before each cut, as the entries say.
    package var atCuts: [Int64]
    /// Whether an entry is from the very millisecond of the cut, so that nobody knows on which side it is.
    package var isOnCut: [Bool]
    /// The largest time of an entry.
    package var newest: ServerTime
    /// Whether the account has violations of its own.
    package var isViolated = false

    package init(_ account: Account, balance: Int64?, cutCount: Int, newest: ServerTime) {
        self.account = account
        self.balance = balance
        self.atCuts = Array(repeating: 0, count: cutCount)
        self.isOnCut = Array(repeating: false, count: cutCount)
        self.newest = newest
    }
}
