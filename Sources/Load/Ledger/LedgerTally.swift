package import Histogram

/// All that is remembered of a load's adds: enough to say what the accounts must hold.
package struct LedgerTally: Sendable {
    /// An add that the service took.
    package struct Taken: Hashable, Sendable {
        package let number: Int
        /// Where it stands; nil when it was queued.
        package let place: AddReceipt.Place?
        /// Its transaction's name, unless that is the user's name and the sequence.
        package let transactionID: String?
    }

    package var taken: [Taken] = []
    /// Numbers of adds that may or may not have happened: failed, or not answered when the time was over.
    package var doubtful: [Int] = []
    package var queued = 0
    package var unsent = 0
    /// Adds that were sent, and had no answer when the time was over.
    package var unanswered = 0
    /// Deliberate repeats that had no answer when the time was over.
    package var unansweredRepeats = 0

    package var attempts = 0
    /// Deliberate repeats that were begun.
    package var repeats = 0
    /// Attempts that had to be sent again, by reason.
    package var retries: [AddOutcome.Doubt: Int] = [:]
    /// Answers with `Idempotent-Replayed: true`.
    package var replays = 0
    package var statuses: [Int: Int] = [:]
    package var durabilities: [String: Int] = [:]
    package var failures: [String: Int] = [:]
    package var firstFailure: String?
    /// Adds whose answers were not all the same, or more than one of them original.
    package var mismatches = 0
    package var firstMismatch: String?
    /// Adds whose answers all were replays, though none was lost.
    package var unexplainedReplays = 0
    package var connects = 0
    package var connectFailures = 0
    /// Nanoseconds from when an add was due until it was taken.
    package var latency = Self.emptyHistogram
    /// The same for deliberate repeats.
    package var repeatLatency = Self.emptyHistogram

    private static var emptyHistogram: Histogram<UInt64> {
        Histogram(
            lowestDiscernibleValue: 1000,
            highestTrackableValue: 100_000_000_000_000,
            numberOfSignificantValueDigits: .three
        )
    }

    package init() {}

    package var retryCount: Int { self.retries.values.reduce(0, +) }

    package var failureCount: Int { self.failures.values.reduce(0, +) }

    /// Remembers the end of an attempt.
    package mutating func record(_ ending: ExchangeEnding, _ outcome: AddOutcome) {
        self.attempts += 1
        if case .answered(let answer) = ending {
            self.statuses[answer.status, default: 0] += 1
            if answer.isReplay { self.replays += 1 }
        }
        switch outcome {
        case .again(let doubt): self.retries[doubt, default: 0] += 1
        case .accepted(let receipt):
            if let durability = receipt.durability { self.durabilities[durability, default: 0] += 1 }
        case .failed: break
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

    /// Remembers what became of an add, after its last attempt or when the time was over.
    package mutating func finish(_ add: AddMachine, user: String, isOver: Bool) {
        if let receipt = add.receipt {
            let usual = receipt.place.map { "\(user).\($0.sequence)" }
            self.taken.append(
                Taken(
                    number: add.number,
                    place: receipt.place,
                    transactionID: receipt.transactionID == usual ? nil : receipt.transactionID
                )
            )
            if receipt.place == nil { self.queued += 1 }
            if !isOver { self.unansweredRepeats += 1 }
        } else {
            self.doubtful.append(add.number)
            if add.failure == nil { self.unanswered += 1 }
        }
        if let failure = add.failure {
            self.failures[failure, default: 0] += 1
            self.firstFailure = self.firstFailure ?? "add \(add.number) of \(user): \(failure)"
        }
        if let mismatch = add.mismatch {
            self.mismatches += 1
            self.firstMismatch = self.firstMismatch ?? "add \(add.number) of \(user): \(mismatch)"
        }
        if isOver && add.hasUnexplainedReplay { self.unexplainedReplays += 1 }
    }

    /// Adds what another event loop saw.
    package mutating func add(_ other: LedgerTally) {
        self.taken += other.taken
        self.doubtful += other.doubtful
        self.queued += other.queued
        self.unsent += other.unsent
        self.unanswered += other.unanswered
        self.unansweredRepeats += other.unansweredRepeats
        self.attempts += other.attempts
        self.repeats += other.repeats
        self.retries.merge(other.retries, uniquingKeysWith: +)
        self.replays += other.replays
        self.statuses.merge(other.statuses, uniquingKeysWith: +)
        self.durabilities.merge(other.durabilities, uniquingKeysWith: +)
        self.failures.merge(other.failures, uniquingKeysWith: +)
        self.firstFailure = self.firstFailure ?? other.firstFailure
        self.mismatches += other.mismatches
        self.firstMismatch = self.firstMismatch ?? other.firstMismatch
        self.unexplainedReplays += other.unexplainedReplays
        self.connects += other.connects
        self.connectFailures += other.connectFailures
        self.latency.add(other.latency)
        self.repeatLatency.add(other.repeatLatency)
    }
}
