/// The payments to make, how long to wait for each answer, and how strictly to judge.
package struct PaymentsLoadConfiguration: LoadConfiguration {
    /// When payments are sent.
    package enum Mode: Hashable, Sendable {
        /// This many payments (1 to 5 000 000), each connection sending its next one after the last answer.
        case closed(count: Int)
        /// Payments per second (1 to 100 000) at a fixed pace for so many seconds (1 to 86 400), however slow the
        /// answers are.
        case open(rate: Int, seconds: Int)
    }

    /// Payments in one load: 5 000 000, because each one is remembered, with some 150 bytes, until it is checked.
    package static let paymentLimit = 5_000_000

    /// The service to call.
    package var entry = LoadService()
    /// Accounts that pay each other: default 1000, 2 to 1 000 000.
    package var accounts = 1000
    /// Cents that each account is given first: default 1000.00, from 0.01.
    package var balance: Int64 = 100_000
    /// Default 100 payments per second for 60 s.
    package var mode = Mode.open(rate: 100, seconds: 60)
    /// The pattern of payers and payees.
    ///
    /// Default uniform.
    package var pattern = PaymentPattern.uniform
    /// Accounts in a ring: default 5, 2 to 1000.
    package var ringSize = 5
    /// The most cents that one payment is worth: default 100.00, from 0.01.
    package var largestCents: Int64 = 10_000
    /// Connections kept open, one request at a time on each: default 64, 1 to 10 000.
    package var connections = 64
    /// Connections at a fixed pace, when slow answers keep all busy: default 512, 1 to 10 000.
    package var connectionLimit = 512
    /// Connections that ask what became of payments: default 8, 1 to 64.
    package var followers = 8
    /// Share of the payments that are sent a second time with the same key, half of them at the same time as the first:
    /// default 0.05, 0 to 1.
    package var repeatShare = 0.05
    /// Decides payers, payees, amounts and repeats: default 7.
    package var seed = 7
    /// Part of every name and key, so that runs do not meet: default 8 random characters.
    package var runID = LoadSetting.randomID()
    /// Threads that send: default 1, 1 to 8.
    package var threads = 1
    /// From sending a request to giving up its answer: default 10 s, 0.01 s to 600 s.
    package var requestTimeout = Duration.seconds(10)
    /// After this the sending ends, finished or not.
    ///
    /// Default 600 s, in open mode the load's seconds and 60 more.
    package var timeLimit: Duration?
    /// How long after the sending payments may take to come to their end, and a service may be away during the check:
    /// default 60 s, 0 s to 3600 s.
    package var settleWait = Duration.seconds(60)
    /// A proxy in between may repeat a request by itself, so that the only answer we see is a replay.
    ///
    /// Default off.
    package var isBehindProxy = false
    /// Compare all balances and histories with the payments.
    ///
    /// Default on.
    package var isChecking = true

    package init() {}

    /// The beginning of the accounts' names in this run.
    package var prefix: String { "pay\(self.seed)-\(self.runID)" }

    /// Payments this load makes, repeats not counted.
    package var payments: Int {
        switch self.mode {
        case .closed(let count): count
        case .open(let rate, let seconds): rate * seconds
        }
    }

    /// Payments per second at a fixed pace.
    package var rate: Int? {
        guard case .open(let rate, _) = self.mode else { return nil }
        return rate
    }

    /// The time limit that holds.
    package var effectiveTimeLimit: Duration {
        if let timeLimit = self.timeLimit { return timeLimit }
        switch self.mode {
        case .closed: return .seconds(600)
        case .open(_, let seconds): return .seconds(seconds + 60)
        }
    }

    /// The parsed targets, once every setting is in its range.
    package func validated() throws(LoadError) -> [LoadTarget] {
        try LoadSetting.check("--accounts", self.accounts, 2...1_000_000)
        try LoadSetting.check("--balance in cents", self.balance, 1...1_000_000_000_000)
        switch self.mode {
        case .closed(let count): try LoadSetting.check("--count", count, 1...Self.paymentLimit)
        case .open(let rate, let seconds):
            try LoadSetting.check("--rate", rate, 1...100_000)
            try LoadSetting.check("--seconds", seconds, 1...86_400)
        }
        try LoadSetting.check("the number of payments", self.payments, 1...Self.paymentLimit)
        try LoadSetting.check("--ring-size", self.ringSize, 2...1000)
        if self.pattern == .rings || self.pattern == .mixed {
            try LoadSetting.check("--ring-size for so few accounts", self.ringSize, 2...self.accounts)
        }
        try LoadSetting.check("--max-amount in cents", self.largestCents, 1...1_000_000_000)
        try LoadSetting.check("--connections", self.connections, 1...10_000)
        try LoadSetting.check("--connection-limit", self.connectionLimit, 1...10_000)
        try LoadSetting.check("--followers", self.followers, 1...64)
        try LoadSetting.check("--repeat-share", self.repeatShare, 0...1)
        try LoadSetting.check("--threads", self.threads, 1...8)
        try LoadSetting.check("--timeout", self.requestTimeout, .milliseconds(10)...(.seconds(600)))
        try LoadSetting.check("--time-limit", self.effectiveTimeLimit, .milliseconds(10)...(.seconds(100_000)))
        try LoadSetting.check("--settle-wait", self.settleWait, .zero...(.seconds(3600)))
        return try self.entry.targets()
    }
}
