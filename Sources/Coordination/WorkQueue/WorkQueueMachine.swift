package import Redis

/// The next step of a work queue: pure, with the time and the jitter handed in.
///
///     read ──▶ read …   every cleanInterval: clean   every reclaimInterval: reclaim ──▶ read ──▶ reclaim (the rest) …
///
/// One thing at a time: a message that this consumer still works on is never taken over by itself. A reclaim that finds
/// more than one answer holds goes on after the next read, so that old work does not keep new work waiting.
package struct WorkQueueMachine: Hashable, Sendable {
    package enum Step: Hashable, Sendable {
        /// Read new messages and wait this long for one.
        case read(block: Duration)
        /// Take over messages of each of these streams, from its cursor on.
        case reclaim(from: [String: String])
        /// Forget consumers that are gone.
        case clean
    }

    private let streams: [String]
    private let configuration: WorkQueue.Configuration
    /// Where the reclaim goes on, for the streams in which it has not come to the end.
    private var cursors: [String: String] = [:]
    private var reclaimAt: Uptime
    private var cleanAt: Uptime
    private var hasReclaimed = false
    private var failures = 0
    /// Messages of one stream in the next read or reclaim, up to the configuration's limit.
    package private(set) var batch: Int
    /// Redis takes a block of 0 for one without an end.
    private static let shortestBlock = Duration.milliseconds(1)
    private static let firstPause = Duration.milliseconds(50)
    private static let longestPause = Duration.seconds(1)

    /// `jitter` is 0 up to 1.
    package init(streams: [String], configuration: WorkQueue.Configuration, at now: Uptime, jitter: Double) {
        self.streams = streams
        self.configuration = configuration
        self.batch = configuration.batchLimit
        self.reclaimAt = now + configuration.reclaimInterval * jitter
        self.cleanAt = now + configuration.cleanInterval * jitter
    }

    /// `jitter` is 0 up to 1.
    package mutating func next(at now: Uptime, jitter: Double) -> Step {
        // Half an interval to one and a half: so many workers do not come all at once, again and again.
        if now >= self.cleanAt {
            self.cleanAt = now + self.configuration.cleanInterval * (0.5 + jitter)
            return .clean
        }
        if self.cursors.isEmpty, now >= self.reclaimAt {
            self.reclaimAt = now + self.configuration.reclaimInterval * (0.5 + jitter)
            self.cursors = Dictionary(self.streams.map { ($0, "0-0") }) { first, _ in first }
            self.hasReclaimed = false
        }
        if !self.cursors.isEmpty, !self.hasReclaimed {
            self.hasReclaimed = true
            return .reclaim(from: self.cursors)
        }
        self.hasReclaimed = false
        guard self.cursors.isEmpty else { return .read(block: Self.shortestBlock) }
        let due = min(self.reclaimAt, self.cleanAt) - now
        return .read(block: max(min(self.configuration.block, due), Self.shortestBlock))
    }

    /// Something lies there to be taken over: that comes next.
    package mutating func inherited(at now: Uptime) { self.reclaimAt = now }

    /// How far the reclaim came: `0-0` for a stream that is done, nothing for one that could not be asked.
    package mutating func reclaimed(_ cursors: [String: String]) {
        self.cursors = cursors.filter { $0.value != "0-0" }
    }

    /// Takes how long the messages of one read or reclaim took to be handled.
    ///
    /// When they took more than a quarter of ``WorkQueue/Configuration/reclaimAfter``, the next read or reclaim takes
    /// half as many: a slow machine must not have its work done twice. Else it takes twice as many.
    package mutating func handled(in duration: Duration) {
        let isSlow = duration > self.configuration.reclaimAfter / 4
        self.batch = isSlow ? max(self.batch / 2, 1) : min(self.batch * 2, self.configuration.batchLimit)
    }

    /// The step went well, and something was finished if there was anything to do.
    package mutating func succeeded() { self.failures = 0 }

    /// The step did not, or every message of it is unfinished: to go on at once would only fail again.
    ///
    /// Returns how long to wait. `jitter` is 0 up to 1.
    package mutating func failed(jitter: Double) -> Duration {
        let doubled = Self.firstPause * Double(1 << min(self.failures, 10))
        self.failures += 1
        return min(doubled, Self.longestPause) * (0.5 + 0.5 * jitter)
    }
}
