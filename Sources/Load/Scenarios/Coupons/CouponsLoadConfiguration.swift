/// The coupons to ask for, how, and how strictly to judge.
package struct CouponsLoadConfiguration: LoadConfiguration {
    /// Coupons and issues in one load: 5 000 000, because each one is remembered until it is checked.
    package static let issueLimit = 5_000_000

    /// The service to call.
    package var entry = LoadService()
    /// Default `seed`.
    package var pattern = CouponPattern.seed
    /// A campaign that is there and has started; by default one is made.
    package var campaign: Int64?
    /// Coupons of the campaign that is made: default 20 000, 1 to 5 000 000.
    package var coupons = 20_000
    /// Issues at the fixed pace: default 10 000, 1 to 5 000 000.
    package var issues = 10_000
    /// Seconds over which issues are spread, and after which a rush ends: default 10, 1 to 86 400.
    package var seconds = 10
    /// From the making of the campaign to its start: default 3 s, 0 s to 3600 s.
    package var startIn = Duration.seconds(3)
    /// Issues before the start, which must be refused: default 1, 0 to 10 000; none without time before the start.
    package var early = 1
    /// Issues after all is sold out, which must be refused: default 100, 0 to 100 000.
    package var late = 100
    /// Default protobuf.
    package var codec = CouponCodec.protobuf
    /// The service's full name: default `coupon.v1.CouponService`.
    package var service = "coupon.v1.CouponService"
    /// Send a request id with each issue, and repeat an unanswered issue with its id.
    ///
    /// Default off.
    package var hasRequestIDs = false
    /// Share of the issues with request ids that are sent a second time, half of them at the same time as the first:
    /// default 0.05, 0 to 1.
    package var repeatShare = 0.05
    /// Users that issues name, by the seed: default 0, which names nobody; to 1 000 000.
    package var users = 0
    /// Most coupons of one user: default 0, which is no limit; to 1 000 000.
    package var userLimit = 0
    /// Lend parts of the quota to many counters.
    ///
    /// Default off.
    package var isLeased = false
    /// Connections, one issue at a time on each: default 100, 1 to 10 000.
    package var connections = 100
    /// Connections at a fixed pace, when slow answers keep all busy: default 1024, 1 to 10 000.
    package var connectionLimit = 1024
    /// From one look at the campaign to the next while coupons are issued: default 1 s, to 3600 s; 0 s does not look.
    package var lookInterval = Duration.seconds(1)
    /// Decides users and repeats: default 7.
    package var seed = 7
    /// Part of names and request ids, so that runs do not meet: default 8 random characters.
    package var runID = LoadSetting.randomID()
    /// Threads that send: default 1, 1 to 8.
    package var threads = 1
    /// From sending a request to giving up its answer: default 10 s, 0.01 s to 600 s.
    package var requestTimeout = Duration.seconds(10)
    /// After this the issuing ends, finished or not.
    ///
    /// Default its seconds and 60 more.
    package var timeLimit: Duration?
    /// How long the service may be away during the check: default 30 s, 0 s to 3600 s.
    package var settleWait = Duration.seconds(30)
    /// A proxy in between may repeat a request by itself, so that the only answer we see is a replay.
    ///
    /// Default off.
    package var isBehindProxy = false
    /// Issues whose outcome stays unknown are no reason to fail.
    ///
    /// Default off.
    package var isAllowingUnknown = false

    package init() {}

    /// The beginning of names and request ids in this run.
    package var prefix: String { "coupons\(self.seed)-\(self.runID)" }

    package var couponUsers: CouponUsers { CouponUsers(count: self.users, prefix: self.prefix, seed: self.seed) }

    package var effectiveTimeLimit: Duration { self.timeLimit ?? .seconds(self.seconds + 60) }

    /// Where requests go, once every setting is in its range.
    package func validated() throws(LoadError) -> [LoadTarget] {
        try LoadSetting.check("--coupons", self.coupons, 1...Self.issueLimit)
        try LoadSetting.check("--issues", self.issues, 1...Self.issueLimit)
        try LoadSetting.check("--seconds", self.seconds, 1...86_400)
        try LoadSetting.check("--start-in", self.startIn, .zero...(.seconds(3600)))
        try LoadSetting.check("--early", self.early, 0...10_000)
        try LoadSetting.check("--late", self.late, 0...100_000)
        try LoadSetting.check("--repeat-share", self.repeatShare, 0...1)
        try LoadSetting.check("--users", self.users, 0...1_000_000)
        try LoadSetting.check("--user-limit", self.userLimit, 0...1_000_000)
        try LoadSetting.check("--connections", self.connections, 1...10_000)
        try LoadSetting.check("--connection-limit", self.connectionLimit, 1...10_000)
        try LoadSetting.check("--look-interval", self.lookInterval, .zero...(.seconds(3600)))
        try LoadSetting.check("--threads", self.threads, 1...8)
        try LoadSetting.check("--request-timeout", self.requestTimeout, .milliseconds(10)...(.seconds(600)))
        if let limit = self.timeLimit {
            try LoadSetting.check("--time-limit", limit, .milliseconds(10)...(.seconds(100_000)))
        }
        try LoadSetting.check("--settle-wait", self.settleWait, .zero...(.seconds(3600)))
        if let campaign = self.campaign { try LoadSetting.check("--campaign", campaign, 1...Int64.max) }
        guard self.service.wholeMatch(of: #/[A-Za-z0-9_.]{1,100}/#) != nil else {
            throw .badArgument("--service must look like coupon.v1.CouponService")
        }
        guard self.userLimit == 0 || self.users > 0 else { throw .badArgument("--user-limit needs --users") }
        return try self.entry.targets()
    }
}
