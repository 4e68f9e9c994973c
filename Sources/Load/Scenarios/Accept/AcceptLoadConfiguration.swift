/// The `accept` load to make, how long to wait for each answer, and how strictly to judge.
package struct AcceptLoadConfiguration: LoadConfiguration {
    /// When requests are sent.
    package enum Mode: Hashable, Sendable {
        /// This many requests, each connection sending its next one when it has the last answer: 1 to 100 000 000.
        case closed(requests: Int)
        /// Requests per second (1 to 1 000 000) at a fixed pace for so many seconds (1 to 86 400), however slow the
        /// answers are. Latency counts from the moment a request was due, so a stall is seen by all it delays.
        case open(rate: Int, seconds: Int)
    }

    /// The service to call.
    package var entry = LoadService()
    /// Default 10 000 requests.
    package var mode = Mode.closed(requests: 10_000)
    /// Connections kept open, one request at a time on each: default 100, 1 to 10 000.
    package var connections = 100
    /// Ids cycle through 0 up to this: default 1000, 1 to 100 000 000.
    package var ids = 1000
    /// Every request has an id of its own instead.
    ///
    /// Default off.
    package var hasUniqueIDs = false
    /// Repeat a request whose outcome is unknown, with the same id, until it is answered.
    ///
    /// Default off.
    package var isRetrying = false
    /// Do not fail because of requests whose outcome stays unknown; the counts are judged all the same.
    ///
    /// Default off.
    package var isAllowingUnknown = false
    /// Others use the service at the same time, so counts may be higher than what this load made.
    ///
    /// Default off.
    package var isShared = false
    /// Compare the service's counts with the acknowledged ids.
    ///
    /// Default on.
    package var isChecking = true
    /// Threads that send: default 1, 1 to 8.
    package var threads = 1
    /// From sending a request to giving up its answer: default 10 s, 0.01 s to 600 s.
    package var requestTimeout = Duration.seconds(10)
    /// After this the load ends, finished or not.
    ///
    /// Default 120 s, in open mode the load's seconds and 60 more.
    package var timeLimit: Duration?
    /// How long to wait for a window to be closed after its end: default 30 s, 0 s to 3600 s.
    package var closeWait = Duration.seconds(30)
    /// Between the two looks at the counts that must agree: default 1 s, 0 s to 600 s.
    package var stableFor = Duration.seconds(1)
    /// A request of unknown outcome may have been counted until so long after it was given up: default 5 s.
    package var lateness = Duration.seconds(5)
    /// How far the service's clock may be from ours when we must guess its window: default 1 s.
    package var clockSkew = Duration.seconds(1)

    package init() {}

    /// Requests this load makes, repeats not counted.
    package var requests: Int {
        switch self.mode {
        case .closed(let requests): requests
        case .open(let rate, let seconds): rate * seconds
        }
    }

    /// The time limit that holds.
    package var effectiveTimeLimit: Duration {
        if let timeLimit = self.timeLimit { return timeLimit }
        switch self.mode {
        case .closed: return .seconds(120)
        case .open(_, let seconds): return .seconds(seconds + 60)
        }
    }

    /// The parsed targets, once every setting is in its range.
    package func validated() throws(LoadError) -> [LoadTarget] {
        switch self.mode {
        case .closed(let requests): try LoadSetting.check("--requests", requests, 1...100_000_000)
        case .open(let rate, let seconds):
            try LoadSetting.check("--rate", rate, 1...1_000_000)
            try LoadSetting.check("--seconds", seconds, 1...86_400)
            try LoadSetting.check("--rate times --seconds", rate * seconds, 1...1_000_000_000)
        }
        try LoadSetting.check("--connections", self.connections, 1...10_000)
        try LoadSetting.check("--ids", self.ids, 1...100_000_000)
        try LoadSetting.check("--threads", self.threads, 1...8)
        try LoadSetting.check("--timeout", self.requestTimeout, .milliseconds(10)...(.seconds(600)))
        try LoadSetting.check("--time-limit", self.effectiveTimeLimit, .milliseconds(10)...(.seconds(100_000)))
        try LoadSetting.check("--close-wait", self.closeWait, .zero...(.seconds(3600)))
        try LoadSetting.check("the time between two looks", self.stableFor, .zero...(.seconds(600)))
        try LoadSetting.check("lateness", self.lateness, .zero...(.seconds(3600)))
        try LoadSetting.check("clock skew", self.clockSkew, .zero...(.seconds(3600)))
        return try self.entry.targets()
    }
}
