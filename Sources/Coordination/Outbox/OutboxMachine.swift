import DequeModule

/// Which message of an outbox may be tried now, as plain values; times are milliseconds of Redis's clock.
///
/// Messages of one endpoint form a lane and are tried one at a time in their order: a later one waits until the earlier
/// one is delivered or dead. Lanes do not wait for each other.
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
        /// Messages held in memory; the rest waits in Redis.
        ///
        /// Default 10000.
        package var messageLimit: Int = 10_000

        package init() {}
    }

    private struct Lane {
        var messages: Deque<OutboxMessage> = []
        var attempts = 0
        var isTrying = false
        var notBefore: Int64 = 0
    }

    package private(set) var pending = 0
    private var lanes: [String: Lane] = [:]
    private var trying = 0
    private let configuration: Configuration

    package init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    /// How many more messages may be read from Redis.
    package var room: Int { max(self.configuration.messageLimit - self.pending, 0) }

    /// When the oldest message that waits was created.
    package var oldest: ServerTime? { self.lanes.values.compactMap { $0.messages.first?.created }.min() }

    package mutating func arrived(_ message: OutboxMessage) {
        self.lanes[message.endpoint, default: Lane()].messages.append(message)
        self.pending += 1
    }

    /// The messages to try now, each the first of its lane.
    ///
    /// Each must come back as one outcome.
    package mutating func start(at now: ServerTime) -> [OutboxMessage] {
        var started: [OutboxMessage] = []
        for (endpoint, lane) in self.lanes where !lane.isTrying && lane.notBefore <= now.milliseconds {
            guard self.trying < self.configuration.concurrentLimit, let message = lane.messages.first else { continue }
            self.lanes[endpoint]?.isTrying = true
            self.trying += 1
            started.append(message)
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
        guard var lane = self.lanes[message.endpoint], lane.isTrying, lane.messages.first == message else {
            return .remove
        }
        lane.isTrying = false
        self.trying -= 1
        let action: EndAction
        switch outcome {
        case .delivered: action = .remove
        case .refused(let reason): action = .bury(reason: reason)
        case .retry(let reason, let after):
            let age = now.milliseconds - message.created.milliseconds
            if age >= self.configuration.ageLimit.inMilliseconds {
                action = .bury(reason: reason)
            } else {
                lane.attempts += 1
                let wait = self.backoff(attempts: lane.attempts, jitter: jitter, atLeast: after ?? .zero)
                action = .wait(until: now.advanced(byMilliseconds: wait))
            }
        }
        if case .wait(let until) = action {
            lane.notBefore = until.milliseconds
        } else {
            lane.messages.removeFirst()
            lane.attempts = 0
            lane.notBefore = 0
            self.pending -= 1
        }
        self.lanes[message.endpoint] = lane.messages.isEmpty ? nil : lane
        return action
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
