import Synchronization

/// All that a phase remembers of its issues.
package final class CouponBook: ChangeWatcher {
    /// When a phase has nothing more to get.
    package struct End: Sendable {
        /// Codes handed out, or as many refusals as sold out.
        package let codes: Int
        package let refusals: Int
        package let counters: ChangeCounters

        package init(codes: Int, refusals: Int, counters: ChangeCounters) {
            self.codes = codes
            self.refusals = refusals
            self.counters = counters
        }
    }

    private struct State {
        var records: [CouponRecord] = []
        /// Codes in the order of their answers.
        var codes: [String] = []
        var soldOut = 0
        var firstSentAt: Int64?
        var lastIssuedAt: Int64 = 0
    }

    private let end: End?
    private let state = Mutex(State())

    /// Ends the phase by itself when it has nothing more to get.
    package init(end: End? = nil) { self.end = end }

    package var records: [CouponRecord] { self.state.withLock { $0.records } }

    /// Codes handed out so far, in the order of their answers.
    package var codes: [String] { self.state.withLock { $0.codes } }

    package var issued: Int { self.state.withLock { $0.codes.count } }

    package var soldOut: Int { self.state.withLock { $0.soldOut } }

    /// From the first issue that was sent to the last code.
    package var elapsed: Duration {
        self.state.withLock { state in
            .nanoseconds(state.firstSentAt.map { max(state.lastIssuedAt - $0, 0) } ?? 0)
        }
    }

    package func sent(_ number: Int, at now: Int64) {
        self.state.withLock { state in
            state.firstSentAt = state.firstSentAt ?? now
            while state.records.count <= number { state.records.append(CouponRecord()) }
            state.records[number] = CouponRecord(.doubtful, sentAt: now)
        }
    }

    package func ended(_ number: Int, _ ending: ExchangeEnding, _ outcome: ChangeOutcome, at now: Int64) {
        let isOver = self.state.withLock { state in
            guard state.records.indices.contains(number) else { return false }
            switch outcome {
            case .accepted(let receipt):
                // Every answer after the first one is the same, or the driver complains.
                guard state.records[number].code == nil else { return false }
                state.records[number].state = .issued(receipt.transactionID)
                state.codes.append(receipt.transactionID)
                state.lastIssuedAt = now
            case .refused(let reason):
                guard case .doubtful = state.records[number].state, let refusal = CouponRefusal(rawValue: reason) else {
                    return false
                }
                state.records[number].state = .refused(refusal)
                if refusal == .soldOut { state.soldOut += 1 }
            case .again, .lost, .failed: return false
            }
            state.records[number].endedAt = now
            return self.end.map { state.codes.count >= $0.codes || state.soldOut >= $0.refusals } ?? false
        }
        if isOver { self.end?.counters.requestEnd() }
    }
}
