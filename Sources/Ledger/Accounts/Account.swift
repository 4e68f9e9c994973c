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

    /// Reads `gopal/USD`; `nil` for anything else.
    package init?(id: String) {
        let parts = id.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let user = UserID(parts[0]), let currency = Currency(code: String(parts[1])) else {
            return nil
        }
        self.init(user, currency)
    }
}
