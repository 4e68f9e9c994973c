/// The adds to make, how long to wait for each answer, and how strictly to judge.
package struct LedgerLoadConfiguration: LoadConfiguration {
    /// When adds are sent.
    package enum Mode: Hashable, Sendable {
        /// This many adds for each user (1 to 1 000 000), each connection sending its next one after the last answer.
        case closed(transactions: Int)
        /// Adds per second (1 to 1 000 000) at a fixed pace for so many seconds (1 to 86 400), spread evenly over the
        /// users, however slow the answers are. Latency counts from the moment an add was due.
        case open(rate: Int, seconds: Int)
    }

    /// The durability that an answer shall wait for: `Prefer: durability=…`.
    package enum Durability: String, Hashable, Sendable, CaseIterable {
        case local
        case replicated
    }

    /// Adds in one load: 10 000 000, because each one is remembered until it is checked.
    package static let addLimit = 10_000_000

    /// The service to call.
    package var entry = LoadService()
    /// Users whose accounts are changed: default 1000, 1 to 1 000 000.
    package var users = 1000
    /// Default 100 transactions per user.
    package var mode = Mode.closed(transactions: 100)
    /// Connections kept open, one request at a time on each: default 64, 1 to 10 000.
    package var connections = 64
    /// Share of the adds that are sent a second time with the same key, half of them at the same time as the first:
    /// default 0.05, 0 to 1.
    package var repeatShare = 0.05
    /// Decides users, amounts, order and repeats: default 7.
    package var seed = 7
    /// The beginning of the users' names, 1 to 50 of `A–Z a–z 0–9 _ -`.
    ///
    /// Default nil: made from the seed and ``runID``, so that two runs do not meet. With a prefix of one's own, what
    /// the accounts held before is read first and taken into account.
    package var userPrefix: String?
    /// Part of every key, so that a key is never used by two runs: default 8 random characters.
    package var runID = LoadSetting.randomID()
    /// Threads that send: default 1, 1 to 8.
    package var threads = 1
    /// From sending a request to giving up its answer: default 10 s, 0.01 s to 600 s.
    package var requestTimeout = Duration.seconds(10)
    /// After this the load ends, finished or not.
    ///
    /// Default 600 s, in open mode the load's seconds and 60 more.
    package var timeLimit: Duration?
    /// The durability that answers shall wait for; nil, the default, leaves it to the service.
    package var durability: Durability?
    /// Compare balances, histories and statements with what was acknowledged.
    ///
    /// Default on.
    package var isChecking = true
    /// How long to wait for queued adds to happen, and for a service that is away to answer a question of the check:
    /// default 30 s, 0 s to 3600 s.
    package var settleWait = Duration.seconds(30)
    /// A proxy in between may repeat a request by itself, so that the only answer we see is a replay.
    ///
    /// Default off.
    package var isBehindProxy = false
    /// With more adds than this, histories are read of ``sampledUsers`` only: default 20 000.
    package var fullHistoryLimit = 20_000
    /// Users whose history is read when there are too many adds to read all: default 50.
    package var sampledUsers = 50

    package init() {}

    /// The beginning of the users' names in this run.
    package var effectiveUserPrefix: String { self.userPrefix ?? "load\(self.seed)-\(self.runID)" }

    /// Adds this load makes, repeats not counted.
    package var adds: Int {
        switch self.mode {
        case .closed(let transactions): self.users * transactions
        case .open(let rate, let seconds): rate * seconds
        }
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
        try LoadSetting.check("--users", self.users, 1...1_000_000)
        switch self.mode {
        case .closed(let transactions): try LoadSetting.check("--transactions", transactions, 1...1_000_000)
        case .open(let rate, let seconds):
            try LoadSetting.check("--rate", rate, 1...1_000_000)
            try LoadSetting.check("--seconds", seconds, 1...86_400)
        }
        try LoadSetting.check("the number of adds", self.adds, 1...Self.addLimit)
        try LoadSetting.check("--connections", self.connections, 1...10_000)
        try LoadSetting.check("--repeat-share", self.repeatShare, 0...1)
        try LoadSetting.check("--threads", self.threads, 1...8)
        try LoadSetting.check("--timeout", self.requestTimeout, .milliseconds(10)...(.seconds(600)))
        try LoadSetting.check("--time-limit", self.effectiveTimeLimit, .milliseconds(10)...(.seconds(100_000)))
        try LoadSetting.check("--settle-wait", self.settleWait, .zero...(.seconds(3600)))
        let prefix = self.effectiveUserPrefix.utf8
        guard (1...50).contains(prefix.count), prefix.allSatisfy(Self.isNameByte) else {
            throw .badArgument("--user-prefix must be 1 to 50 of A-Z a-z 0-9 _ -")
        }
        return try self.entry.targets()
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
