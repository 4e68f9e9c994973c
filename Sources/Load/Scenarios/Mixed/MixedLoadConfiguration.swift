/// The requests of a mixed load, how long it waits for each answer, and how strictly it judges.
package struct MixedLoadConfiguration: LoadConfiguration {
    /// Requests in one load: 1 000 000, because each one is remembered until it is checked.
    package static let requestLimit = 1_000_000
    /// Cents that each account is given that pays: so much that no payment fails for want of money.
    package static let seeded: Int64 = 100_000_000

    /// The service to call.
    package var entry = LoadService()
    /// Requests per second, however slow the answers are: default 200, 1 to 100 000.
    package var rate = 200
    /// Default 30, 1 to 86 400.
    package var seconds = 30
    /// How often each kind of request comes.
    package var shares = MixedShares.standard
    /// Repeats of a request that got no answer, or a 5xx: default 0, to 1000.
    package var retries = 0
    /// Changes carry no key, so that what is not answered is never sent again.
    ///
    /// Default off.
    package var isKeyless = false
    /// Requests of a hundred that may fail: default 0, to 100.
    package var failedPercentLimit = 0.0
    /// Users whose accounts are added to, and as many that pay each other: default 100, 2 to 100 000.
    package var users = 100
    /// Share of the changes with keys that are sent a second time, half of them at the same time as the first:
    /// default 0.05, 0 to 1.
    package var repeatShare = 0.05
    /// Connections kept open, one request at a time on each: default 32, 1 to 10 000.
    package var connections = 32
    /// Connections when slow answers keep all busy: default 512, 1 to 10 000.
    package var connectionLimit = 512
    /// Decides kinds, users, amounts and repeats: default 7.
    package var seed = 7
    /// Part of every name and key, so that runs do not meet: default 8 random characters.
    package var runID = LoadSetting.randomID()
    /// From sending a request to giving up its answer: default 10 s, 0.01 s to 600 s.
    package var requestTimeout = Duration.seconds(10)
    /// How long payments and coins may take to come to their end, and a service may be away during the check:
    /// default 60 s, 0 s to 3600 s.
    package var settleWait = Duration.seconds(60)

    package init() {}

    package var count: Int { self.rate * self.seconds }

    /// The parsed targets, once every setting is in its range.
    package func validated() throws(LoadError) -> [LoadTarget] {
        try LoadSetting.check("--rate", self.rate, 1...100_000)
        try LoadSetting.check("--seconds", self.seconds, 1...86_400)
        try LoadSetting.check("the number of requests", self.count, 1...Self.requestLimit)
        try LoadSetting.check("--retry", self.retries, 0...1000)
        try LoadSetting.check("--failed-limit", self.failedPercentLimit, 0...100)
        try LoadSetting.check("--users", self.users, 2...100_000)
        try LoadSetting.check("--repeat-share", self.repeatShare, 0...1)
        try LoadSetting.check("--connections", self.connections, 1...10_000)
        try LoadSetting.check("--connection-limit", self.connectionLimit, 1...10_000)
        try LoadSetting.check("--timeout", self.requestTimeout, .milliseconds(10)...(.seconds(600)))
        try LoadSetting.check("--settle-wait", self.settleWait, .zero...(.seconds(3600)))
        guard !self.isKeyless || self.retries == 0 else {
            throw .badArgument("--retry needs keys: without one a change must not be sent again")
        }
        return try self.entry.targets()
    }

    // MARK: The same for the loads that it is made of

    var adds: LedgerLoadConfiguration {
        var adds = LedgerLoadConfiguration()
        adds.users = self.users
        adds.mode = .open(rate: self.rate, seconds: self.seconds)
        adds.seed = self.seed
        adds.runID = self.runID
        adds.userPrefix = "mixed\(self.seed)-\(self.runID)"
        adds.repeatShare = self.repeatShare
        return adds
    }

    var payments: PaymentsLoadConfiguration {
        var payments = PaymentsLoadConfiguration()
        payments.accounts = self.users
        payments.balance = Self.seeded
        payments.mode = .open(rate: self.rate, seconds: self.seconds)
        payments.seed = self.seed
        payments.runID = self.runID
        payments.repeatShare = self.repeatShare
        return payments
    }

    var coupons: CouponsLoadConfiguration {
        var coupons = CouponsLoadConfiguration()
        coupons.coupons = self.count
        coupons.startIn = .zero
        coupons.codec = .json
        coupons.hasRequestIDs = !self.isKeyless
        coupons.seed = self.seed
        coupons.runID = self.runID
        coupons.repeatShare = self.repeatShare
        return coupons
    }

    var coins: DistributeLoadConfiguration {
        var coins = DistributeLoadConfiguration()
        coins.addresses = self.users
        coins.hasKeys = !self.isKeyless
        coins.isPosting = true
        coins.seed = self.seed
        coins.runID = self.runID
        coins.repeatShare = self.repeatShare
        return coins
    }
}
