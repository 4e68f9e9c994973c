/// How many coupons each user of a campaign has, and where: kept only for a campaign with a limit.
struct UserBook: Sendable {
    struct Account: Hashable, Sendable {
        /// The part where it has them; -1 for a campaign without parts.
        let part: Int8
        var count: Int
    }

    private(set) var accounts: [String: Account] = [:]
    /// Users with more coupons than they may have.
    private(set) var overLimit = 0
    private var counts: [Int8: Int] = [:]

    /// Adds a coupon; the account afterwards, whose part may be another one.
    mutating func add(_ user: String, at place: CampaignPlace, limit: Int64) -> Account {
        let part = Self.part(place)
        var account = self.accounts[user] ?? Account(part: part, count: 0)
        if account.count == 0 { self.counts[part, default: 0] += 1 }
        account.count += 1
        if Int64(account.count) - 1 == limit { self.overLimit += 1 }
        self.accounts[user] = account
        return account
    }

    /// How many users have their coupons in this place.
    func count(at place: CampaignPlace) -> Int { self.counts[Self.part(place)] ?? 0 }

    /// The users who have their coupons in this place.
    func users(at place: CampaignPlace) -> [String] {
        let part = Self.part(place)
        return self.accounts.filter { $0.value.part == part }.map(\.key)
    }

    static func part(_ place: CampaignPlace) -> Int8 { Int8(clamping: place.part ?? -1) }
}
