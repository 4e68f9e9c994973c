package import Histogram

/// All that is remembered of a load's attempts: enough to say what the service must have counted.
package struct AcceptTally: Sendable {
    /// The acknowledged ids of one window.
    package struct Window: Hashable, Sendable {
        /// Ids that were answered `ok`.
        package var acked = IDSet()
        /// Ids whose answer said that they were the first.
        package var first = IDSet()
        /// Answers that said first for an id that already had such an answer.
        package var doubleFirsts = 0
        /// Answers that did not say whether they were first.
        package var silent = 0
    }

    /// An attempt that may have been counted between two instants, in nanoseconds since 1970.
    package struct Guess: Hashable, Sendable {
        package let id: Int
        package let from: Int64
        package let to: Int64

        package init(id: Int, from: Int64, to: Int64) {
            self.id = id
            self.from = from
            self.to = to
        }
    }

    /// By start, in seconds since 1970.
    package var windows: [Int64: Window] = [:]
    /// Attempts that may or may not have been counted.
    package var uncertain: [Guess] = []
    /// Acknowledged ids whose answer named no window.
    package var unplaced: [Guess] = []

    package var acked = 0
    package var attempts = 0
    package var repeated = 0
    package var unsent = 0
    package var firsts = 0
    package var seconds = 0
    package var failed: [IDOutcome.Fault: Int] = [:]
    package var unknown: [IDOutcome.Doubt: Int] = [:]
    package var doubts: [IDOutcome.Doubt: Int] = [:]
    package var connects = 0
    package var connectFailures = 0
    /// Nanoseconds from when a request was due to its end, whatever that was.
    package var latency = Histogram<UInt64>(
        lowestDiscernibleValue: 1000,
        highestTrackableValue: 100_000_000_000_000,
        numberOfSignificantValueDigits: .three
    )

    package init() {}

    /// Remembers one attempt; `from` and `to` are when it was sent and over, in nanoseconds since 1970.
    package mutating func record(_ outcome: IDOutcome, id: Int, from: Int64, to: Int64) {
        self.attempts += 1
        switch outcome {
        case .acked(let window?, let isFirst): self.windows[window, default: Window()].record(id, isFirst: isFirst)
        case .acked(nil, _): self.unplaced.append(Guess(id: id, from: from, to: to))
        case .unknown(let doubt):
            self.doubts[doubt, default: 0] += 1
            self.uncertain.append(Guess(id: id, from: from, to: to))
        case .failed(let fault):
            if fault.mayHaveCounted { self.uncertain.append(Guess(id: id, from: from, to: to)) }
        }
        if case .acked(_, let isFirst?) = outcome {
            if isFirst { self.firsts += 1 } else { self.seconds += 1 }
        }
    }

    /// Remembers the end of a request, after its last attempt.
    package mutating func finish(_ outcome: IDOutcome, nanoseconds: Int64) {
        self.latency.record(UInt64(max(nanoseconds, 0)))
        switch outcome {
        case .acked: self.acked += 1
        case .unknown(let doubt): self.unknown[doubt, default: 0] += 1
        case .failed(let fault): self.failed[fault, default: 0] += 1
        }
    }

    package var failedCount: Int { self.failed.values.reduce(0, +) }

    package var unknownCount: Int { self.unknown.values.reduce(0, +) }

    /// Adds what another event loop saw.
    package mutating func add(_ other: AcceptTally) {
        for (start, window) in other.windows {
            var own = self.windows[start, default: Window()]
            own.acked.formUnion(window.acked)
            own.doubleFirsts += window.doubleFirsts + own.first.formUnion(window.first)
            own.silent += window.silent
            self.windows[start] = own
        }
        self.uncertain += other.uncertain
        self.unplaced += other.unplaced
        self.acked += other.acked
        self.attempts += other.attempts
        self.repeated += other.repeated
        self.unsent += other.unsent
        self.firsts += other.firsts
        self.seconds += other.seconds
        self.connects += other.connects
        self.connectFailures += other.connectFailures
        self.failed.merge(other.failed, uniquingKeysWith: +)
        self.unknown.merge(other.unknown, uniquingKeysWith: +)
        self.doubts.merge(other.doubts, uniquingKeysWith: +)
        self.latency.add(other.latency)
    }
}

extension AcceptTally.Window {
    fileprivate mutating func record(_ id: Int, isFirst: Bool?) {
        self.acked.insert(id)
        switch isFirst {
        case true?: if !self.first.insert(id) { self.doubleFirsts += 1 }
        case false?: break
        case nil: self.silent += 1
        }
    }
}
