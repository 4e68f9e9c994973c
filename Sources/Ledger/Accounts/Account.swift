package import Coordination

/// One user's money in one currency.
package struct Account: Hashable, Sendable {
    package let user: UserID
    package let currency: Currency
    package let shard: Shard
    /// `gopal/USD`: the end of its keys, and the first link of its chain.
    package let id: String

    package init(_ user: UserID, _ currency: Currency) {
        self.user = user
        self.currency = currency
        self.shard = Shard(ofUser: user.text)
        self.id = "\(user.text)/\(currency.code)"
    }
}
