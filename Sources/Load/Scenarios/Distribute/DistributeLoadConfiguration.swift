/// The coins to ask for, how long to wait for each answer, and how strictly to judge.
package struct DistributeLoadConfiguration: LoadConfiguration {
    /// Requests in one load: 1 000 000, because each one is remembered, with some 700 bytes, until it is checked.
    package static let requestLimit = 1_000_000

    /// The service to call.
    package var entry = LoadService()
    /// Origin of a node of the chain, over JSON-RPC: nothing by default, so that the chain cannot be checked.
    package var chain: String?
    /// One after the other: default 100 in sequence, then 100 at once.
    package var phases = [DistributionPhase.sequence(100), .atOnce(100)]
    /// The address that gets the coins.
    ///
    /// Default Hardhat's account #1.
    package var address = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
    /// Unused addresses that get the coins in turn, instead of one: 1 to 100 000.
    package var addresses: Int?
    /// Send a key with each request, and repeat an unanswered request with its key.
    ///
    /// Default off.
    package var hasKeys = false
    /// Share of the requests with keys that are sent a second time, half of them at the same time as the first: default
    /// 0.05, 0 to 1.
    package var repeatShare = 0.05
    /// POST with a body instead of GET.
    ///
    /// Default off.
    package var isPosting = false
    /// Connections at a fixed pace, one request at a time on each: default 64, 1 to 10 000.
    package var connections = 64
    /// Connections at a fixed pace, when slow answers keep all busy: default 1024, 1 to 10 000.
    package var connectionLimit = 1024
    /// Connections that ask what became of distributions: default 8, 1 to 16.
    package var followers = 8
    /// Decides recipients and repeats: default 7.
    package var seed = 7
    /// Part of every key, and of what recipients are made of, so that runs do not meet: default 8 random characters.
    package var runID = LoadSetting.randomID()
    /// Threads that send: default 1, 1 to 8.
    package var threads = 1
    /// From sending a request to giving up its answer: default 20 s, 0.01 s to 600 s.
    package var requestTimeout = Duration.seconds(20)
    /// After this a phase ends, finished or not.
    ///
    /// Default 600 s, at a fixed pace its seconds and 60 more.
    package var timeLimit: Duration?
    /// How long after the sending distributions may take to come to their end, and the service or the chain may be away
    /// during the check: default 60 s, 0 s to 3600 s.
    package var settleWait = Duration.seconds(60)
    /// A proxy in between may repeat a request by itself, so that the only answer we see is a replay.
    ///
    /// Default off.
    package var isBehindProxy = false
    /// Compare transactions and balances on the chain with the answers.
    ///
    /// Default on.
    package var isChecking = true

    package init() {}

    /// The beginning of keys in this run.
    package var prefix: String { "distribute\(self.seed)-\(self.runID)" }

    /// Requests this load makes, repeats not counted.
    package var requests: Int { self.phases.reduce(0) { $0 + $1.count } }

    /// Where requests go, and where the chain is if it shall be checked; once every setting is in its range.
    package func validated() throws(LoadError) -> (service: [LoadTarget], chain: LoadTarget?) {
        for phase in self.phases { try phase.check() }
        try LoadSetting.check("the number of requests", self.requests, 1...Self.requestLimit)
        try LoadSetting.check("--repeat-share", self.repeatShare, 0...1)
        try LoadSetting.check("--connections", self.connections, 1...10_000)
        try LoadSetting.check("--connection-limit", self.connectionLimit, 1...10_000)
        try LoadSetting.check("--followers", self.followers, 1...16)
        try LoadSetting.check("--threads", self.threads, 1...8)
        try LoadSetting.check("--request-timeout", self.requestTimeout, .milliseconds(10)...(.seconds(600)))
        if let limit = self.timeLimit {
            try LoadSetting.check("--time-limit", limit, .milliseconds(10)...(.seconds(100_000)))
        }
        try LoadSetting.check("--settle-wait", self.settleWait, .zero...(.seconds(3600)))
        let targets = try self.entry.targets()
        guard self.isChecking else { return (targets, nil) }
        guard let chain = self.chain else {
            throw .badArgument("name a node of the chain with --chain, or do without the check with --no-check")
        }
        return (targets, try LoadTarget(chain, option: "--chain"))
    }
}
