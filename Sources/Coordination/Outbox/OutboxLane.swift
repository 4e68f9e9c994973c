import DequeModule

/// The messages to one endpoint, and how it has answered lately; ``OutboxMachine`` says what it means.
struct OutboxLane: Sendable {
    /// One try that is under way.
    struct Attempt: Sendable {
        let message: OutboxMessage
        /// From 1.
        let number: Int
        /// Failures in a row of the lane when the try began.
        let laneFailures: Int
    }

    private struct Waiting: Comparable, Sendable {
        let message: OutboxMessage
        /// Its place in the line: the time of its id, or when it may be tried again.
        let due: Int64
        let sequence: Int64
        let attempts: Int

        init(_ message: OutboxMessage, attempts: Int, due: Int64?) {
            let parts = message.id.split(separator: "-", maxSplits: 1)
            self.message = message
            self.due = due ?? parts.first.flatMap { Int64($0) } ?? message.created.milliseconds
            self.sequence = parts.count == 2 ? Int64(parts[1]) ?? .max : 0
            self.attempts = attempts
        }

        static func < (one: Waiting, other: Waiting) -> Bool {
            (one.due, one.message.stream.key, one.sequence) < (other.due, other.message.stream.key, other.sequence)
        }
    }

    private var line: Deque<Waiting> = []
    private var trying: [OutboxMessage.Identity: Attempt] = [:]
    /// Failures in a row.
    private var failures = 0
    private var notBefore = Int64.min

    var isEmpty: Bool { self.line.isEmpty && self.trying.isEmpty }

    var oldest: ServerTime? {
        let waiting = self.line.lazy.map(\.message.created).min()
        let trying = self.trying.values.lazy.map(\.message.created).min()
        return [waiting, trying].compactMap(\.self).min()
    }

    /// Call ``sort()`` after the last one.
    mutating func arrived(_ message: OutboxMessage) { self.line.append(Waiting(message, attempts: 0, due: nil)) }

    mutating func sort() { self.line.sort() }

    mutating func start(at now: Int64, concurrency: Int) -> OutboxMessage? {
        let limit = self.failures == 0 ? concurrency : 1
        guard self.trying.count < limit, self.notBefore <= now, let first = self.line.first,
            // In a strict lane the pause is the lane's alone.
            first.attempts == 0 || concurrency == 1 || first.due <= now
        else { return nil }
        self.line.removeFirst()
        self.trying[first.message.identity] = Attempt(
            message: first.message,
            number: first.attempts + 1,
            laneFailures: self.failures
        )
        return first.message
    }

    /// Takes a message out of those under way; `nil` when it is none of them.
    mutating func ended(_ message: OutboxMessage) -> Attempt? { self.trying.removeValue(forKey: message.identity) }

    /// The endpoint is there, whatever it said.
    mutating func answered() { self.failures = 0 }

    /// The endpoint failed; `isAsked` when it said itself how long to wait.
    mutating func failed(_ attempt: Attempt, until: Int64, isAsked: Bool) {
        let isFirst = attempt.laneFailures == self.failures
        if isFirst { self.failures += 1 }
        if isFirst || isAsked { self.notBefore = max(self.notBefore, until) }
    }

    /// Puts a message back into the line, at its old place with `due` nil.
    mutating func requeue(_ attempt: Attempt, due: Int64?) {
        let waiting = Waiting(attempt.message, attempts: attempt.number, due: due)
        let index = self.line.firstIndex { waiting < $0 } ?? self.line.endIndex
        self.line.insert(waiting, at: index)
    }
}
