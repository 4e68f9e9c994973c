package import Histogram

/// All that is remembered of a load's changes: enough to say what the accounts must hold.
package struct ChangeTally: Sendable {
    /// A change that the service took.
    package struct Taken: Hashable, Sendable {
        package let number: Int
        /// Where it stands; nil when it was queued.
        package let place: ChangeReceipt.Place?
        /// Its transaction's name, unless that is the user's name and the sequence.
        package let transactionID: String?
    }

    /// The changes that were taken, if their plan wants them remembered.
    package var taken: [Taken] = []
    package var takenCount = 0
    /// Numbers of changes that may or may not have happened: failed, lost, or not answered when the time was over.
    package var doubtful: [Int] = []
    package var queued = 0
    package var unsent = 0
    /// Changes that were sent, and had no answer when the time was over.
    package var unanswered = 0
    /// Changes that were sent and must not be sent again, though nobody knows whether they happened, by reason.
    package var lost: [ChangeOutcome.Doubt: Int] = [:]
    /// Deliberate repeats that had no answer when the time was over.
    package var unansweredRepeats = 0

    package var attempts = 0
    /// Deliberate repeats that were begun.
    package var repeats = 0
    /// Attempts that had to be sent again, by reason.
    package var retries: [ChangeOutcome.Doubt: Int] = [:]
    /// Answers with `Idempotent-Replayed: true`.
    package var replays = 0
    package var statuses: [Int: Int] = [:]
    package var durabilities: [String: Int] = [:]
    /// Changes that the service refused for good, as it sometimes should, by reason.
    package var refused: [String: Int] = [:]
    package var failures: [String: Int] = [:]
    package var firstFailure: String?
    /// Changes whose answers were not all the same, or more than one of them original.
    package var mismatches = 0
    package var firstMismatch: String?
    /// Changes whose answers all were replays, though none was lost.
    package var unexplainedReplays = 0
    package var connects = 0
    package var connectFailures = 0
    /// Nanoseconds from when a change was due until it was taken.
    package var latency = Self.emptyHistogram
    /// The same for deliberate repeats.
    package var repeatLatency = Self.emptyHistogram
    /// Nanoseconds from when a change was due until it was sent for the first time.
    package var lag = Self.emptyHistogram

    package static var emptyHistogram: Histogram<UInt64> {
        Histogram(
            lowestDiscernibleValue: 1000,
            highestTrackableValue: 100_000_000_000_000,
            numberOfSignificantValueDigits: .three
        )
    }

    package init() {}

    package var retryCount: Int { self.retries.values.reduce(0, +) }

    package var lostCount: Int { self.lost.values.reduce(0, +) }

    package var refusedCount: Int { self.refused.values.reduce(0, +) }

    package var failureCount: Int { self.failures.values.reduce(0, +) }

    /// Remembers the end of an attempt.
    package mutating func record(_ ending: ExchangeEnding, _ outcome: ChangeOutcome) {
        self.attempts += 1
        if case .answered(let answer) = ending {
            self.statuses[answer.status, default: 0] += 1
            if answer.isReplay { self.replays += 1 }
        }
        switch outcome {
        case .again(let doubt): self.retries[doubt, default: 0] += 1
        case .accepted(let receipt):
            if let durability = receipt.durability { self.durabilities[durability, default: 0] += 1 }
        case .failed, .lost, .refused: break
        }
    }

    /// Remembers how many nanoseconds passed from when an attempt was due until the service took it.
    package mutating func recordLatency(_ nanoseconds: Int64, isRepeat: Bool) {
        if isRepeat {
            self.repeatLatency.record(UInt64(max(nanoseconds, 0)))
        } else {
            self.latency.record(UInt64(max(nanoseconds, 0)))
        }
    }

    /// Remembers how many nanoseconds a change was sent after it was due.
    package mutating func recordLag(_ nanoseconds: Int64) { self.lag.record(UInt64(max(nanoseconds, 0))) }

    /// Remembers what became of a change, after its last attempt or when the time was over.
    package mutating func finish(_ change: ChangeMachine, of plan: any ChangePlan, isOver: Bool) {
        if let receipt = change.receipt {
            self.takenCount += 1
            if plan.isRemembered { self.remember(change.number, receipt, user: plan.user(of: change.number)) }
            if receipt.place == nil { self.queued += 1 }
            if !isOver { self.unansweredRepeats += 1 }
        } else if let refusal = change.refusal {
            self.refused[refusal, default: 0] += 1
        } else {
            self.doubtful.append(change.number)
            if let loss = change.loss {
                self.lost[loss, default: 0] += 1
            } else if change.failure == nil {
                self.unanswered += 1
            }
        }
        func name() -> String { "\(plan.word) \(change.number) of \(plan.user(of: change.number))" }
        if let failure = change.failure {
            self.failures[failure, default: 0] += 1
            self.firstFailure = self.firstFailure ?? "\(name()): \(failure)"
        }
        if let mismatch = change.mismatch {
            self.mismatches += 1
            self.firstMismatch = self.firstMismatch ?? "\(name()): \(mismatch)"
        }
        if isOver && change.hasUnexplainedReplay { self.unexplainedReplays += 1 }
    }

    private mutating func remember(_ number: Int, _ receipt: ChangeReceipt, user: String) {
        let usual = receipt.place.map { "\(user).\($0.sequence)" }
        let id = receipt.transactionID == usual ? nil : receipt.transactionID
        self.taken.append(Taken(number: number, place: receipt.place, transactionID: id))
    }

    /// All that is wrong with the answers alone; `word` is the name of one change.
    package func complaints(word: String, isBehindProxy: Bool) -> [String] {
        var complaints = self.failures.sorted { $0.key < $1.key }.map { "\($0.value) answers were wrong: \($0.key)" }
        if let first = self.firstFailure { complaints.append("the first: \(first)") }
        if let first = self.firstMismatch {
            complaints.append("\(self.mismatches) \(word)s had answers that do not fit each other")
            complaints.append("the first: \(first)")
        }
        if self.unexplainedReplays > 0 && !isBehindProxy {
            complaints.append(
                "\(self.unexplainedReplays) \(word)s had only answers that say they are replays "
                    + "(if a proxy may repeat requests, say so: --behind-proxy)"
            )
        }
        if self.unanswered > 0 { complaints.append("\(self.unanswered) \(word)s had no answer before the time limit") }
        if self.unansweredRepeats > 0 {
            complaints.append("\(self.unansweredRepeats) repeats had no answer before the time limit")
        }
        if self.unsent > 0 { complaints.append("\(self.unsent) \(word)s were not sent before the time limit") }
        return complaints
    }

    /// Adds what another event loop saw.
    package mutating func add(_ other: ChangeTally) {
        self.taken += other.taken
        self.takenCount += other.takenCount
        self.doubtful += other.doubtful
        self.queued += other.queued
        self.unsent += other.unsent
        self.unanswered += other.unanswered
        self.lost.merge(other.lost, uniquingKeysWith: +)
        self.unansweredRepeats += other.unansweredRepeats
        self.attempts += other.attempts
        self.repeats += other.repeats
        self.retries.merge(other.retries, uniquingKeysWith: +)
        self.replays += other.replays
        self.statuses.merge(other.statuses, uniquingKeysWith: +)
        self.durabilities.merge(other.durabilities, uniquingKeysWith: +)
        self.refused.merge(other.refused, uniquingKeysWith: +)
        self.failures.merge(other.failures, uniquingKeysWith: +)
        self.firstFailure = self.firstFailure ?? other.firstFailure
        self.mismatches += other.mismatches
        self.firstMismatch = self.firstMismatch ?? other.firstMismatch
        self.unexplainedReplays += other.unexplainedReplays
        self.connects += other.connects
        self.connectFailures += other.connectFailures
        self.latency.add(other.latency)
        self.repeatLatency.add(other.repeatLatency)
        self.lag.add(other.lag)
    }
}
