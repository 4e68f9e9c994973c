import DequeModule

/// The choice of the message of an outbox to try next, as plain values; times are milliseconds of Redis's clock.
///
/// Messages of one endpoint form a lane. Lanes have their turns one after the other, and do not wait for each other.
///
/// ```
///   waiting ──start──▶ under way ──delivered──────────▶ removed
///      ▲                   │ └─────refused, too old───▶ buried
///      └───────retry───────┘
/// ```
///
/// A lane's order is that of the stream ids, as far as they have been read: by their time, within one millisecond by
/// the streams' names. `created` says the same, but runs backwards when Redis's clock is set back; ids never do.
///
/// - With a ``Configuration/laneConcurrency`` of 1 the order is kept: a later message waits until the earlier one is
///   delivered or dead.
/// - With more, messages are *started* in order and that is all. One that has to be tried again goes back into the line
///   at the time at which it is due, and holds up nobody: receivers must not rely on an order.
///
/// In both cases a try that fails makes the whole lane pause, longer with each in a row, and until the next answer that
/// is no failure one at a time is tried, so that an endpoint that is away is not stormed by its backlog. Tries
/// that were already under way when the lane began to pause do not make the pause longer, unless the receiver says so.
package struct OutboxMachine: Sendable {
    package struct Configuration: Hashable, Sendable {
        /// First wait after a failed try; doubles with each.
        ///
        /// Default 1 s, range 0.05…60 s.
        package var firstBackoff: Duration = .seconds(1)
        /// Longest wait between two tries.
        ///
        /// Default 5 min.
        package var longestBackoff: Duration = .seconds(300)
        /// Age at which a message that still fails becomes a dead letter.
        ///
        /// Default 24 h.
        package var ageLimit: Duration = .seconds(86_400)
        /// Tries under way at once, over all lanes.
        ///
        /// Default 64.
        package var concurrentLimit: Int = 64
        /// Tries of one lane under way at once.
        ///
        /// Default 1, which keeps the order; range 1…64.
        package var laneConcurrency: Int = 1
        /// Messages held in memory, over all streams; the rest waits in Redis.
        ///
        /// Default 10000.
        package var messageLimit: Int = 10_000

        package init() {}
    }

    package private(set) var pending = 0
    private var lanes: [String: OutboxLane] = [:]
    /// The lanes in the order of their turns, each once.
    private var turns: Deque<String> = []
    private var trying = 0
    private let configuration: Configuration

    package init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    /// How many more messages may be read from Redis.
    package var room: Int { max(self.configuration.messageLimit - self.pending, 0) }

    /// When the oldest message that is not delivered was created.
    package var oldest: ServerTime? { self.lanes.values.compactMap(\.oldest).min() }

    /// Messages were read from Redis, none of them for the second time.
    package mutating func arrived(_ messages: [OutboxMessage]) {
        var touched: Set<String> = []
        for message in messages {
            if self.lanes[message.endpoint] == nil { self.turns.append(message.endpoint) }
            self.lanes[message.endpoint, default: OutboxLane()].arrived(message)
            touched.insert(message.endpoint)
        }
        for endpoint in touched { self.lanes[endpoint]?.sort() }
        self.pending += messages.count
    }

    /// The messages to try now, `limit` at most.
    ///
    /// Each must come back as one outcome.
    package mutating func start(at now: ServerTime, limit: Int = .max) -> [OutboxMessage] {
        var started: [OutboxMessage] = []
        var passed = 0
        while started.count < limit, self.trying < self.configuration.concurrentLimit, passed < self.turns.count {
            guard let endpoint = self.turns.popFirst() else { break }
            if self.lanes[endpoint]?.isEmpty ?? true {
                self.lanes[endpoint] = nil
                continue
            }
            self.turns.append(endpoint)
            let concurrency = self.configuration.laneConcurrency
            if let message = self.lanes[endpoint]?.start(at: now.milliseconds, concurrency: concurrency) {
                self.trying += 1
                started.append(message)
                passed = 0
            } else {
                passed += 1
            }
        }
        return started
    }

    package enum EndAction: Hashable, Sendable {
        /// Remove it from the stream: it was delivered.
        case remove
        /// Move it to the dead letters.
        case bury(reason: String)
        /// Leave it; it is tried again at this time.
        case wait(until: ServerTime)
    }

    /// A try came to its end.
    ///
    /// `jitter` is a random number in 0…1.
    package mutating func ended(
        _ message: OutboxMessage,
        _ outcome: OutboxOutcome,
        at now: ServerTime,
        jitter: Double
    ) -> EndAction {
        let endpoint = message.endpoint
        // Nobody started it: then it is not for us to remove.
        guard let attempt = self.lanes[endpoint]?.ended(message) else { return .wait(until: now) }
        self.trying -= 1
        switch outcome {
        case .delivered:
            self.lanes[endpoint]?.answered()
            self.pending -= 1
            return .remove
        case .refused(let reason):
            self.lanes[endpoint]?.answered()
            self.pending -= 1
            return .bury(reason: reason)
        case .retry(let reason, let after):
            let age = now.milliseconds - message.created.milliseconds
            guard age < self.configuration.ageLimit.inMilliseconds else {
                self.pending -= 1
                return .bury(reason: reason)
            }
            let shortest = after ?? .zero
            let pause = self.backoff(attempts: attempt.laneFailures + 1, jitter: jitter, atLeast: shortest)
            self.lanes[endpoint]?.failed(attempt, until: now.milliseconds + pause, isAsked: after != nil)
            let isStrict = self.configuration.laneConcurrency == 1
            let attempts = isStrict ? attempt.laneFailures + 1 : attempt.number
            let wait = self.backoff(attempts: attempts, jitter: jitter, atLeast: shortest)
            let until = now.advanced(byMilliseconds: wait)
            self.lanes[endpoint]?.requeue(attempt, due: isStrict ? nil : until.milliseconds)
            return .wait(until: until)
        }
    }

    /// Half of the exponential wait, and up to another half by `jitter`, so that lanes do not meet again and again.
    private func backoff(attempts: Int, jitter: Double, atLeast: Duration) -> Int64 {
        let longest = self.configuration.longestBackoff.inMilliseconds
        let doubled = self.configuration.firstBackoff.inMilliseconds << min(attempts - 1, 20)
        let wait = min(doubled, longest)
        let jittered = wait / 2 + Int64(Double(wait / 2) * min(max(jitter, 0), 1))
        return max(jittered, min(atLeast.inMilliseconds, longest))
    }
}

extension Duration {
    /// Whole milliseconds, rounded down; the nearest that fits when they are too many.
    package var inMilliseconds: Int64 {
        let (seconds, attoseconds) = self.components
        let (milliseconds, hasOverflowed) = seconds.multipliedReportingOverflow(by: 1000)
        if hasOverflowed { return seconds < 0 ? .min : .max }
        let (sum, hasOverflowedToo) = milliseconds.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return hasOverflowedToo ? .max : sum
    }
}
