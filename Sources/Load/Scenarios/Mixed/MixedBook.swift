package import Histogram
import Synchronization

/// All that a mixed load remembers of its requests.
package final class MixedBook: ChangeWatcher {
    /// The counts of one kind; each sending of a request counts.
    package struct Counts: Sendable {
        package var sent = 0
        package var good = 0
        /// 4xx.
        package var refused = 0
        /// 5xx, a broken connection or no answer in time, and not sent again.
        package var failed = 0
        /// The same, and sent again.
        package var again = 0
        /// Nanoseconds from the first sending to the good answer.
        package var latency = ChangeTally.emptyHistogram
    }

    /// The record of one change.
    package struct Record: Hashable, Sendable {
        package var sentAt: Int64
        /// The name that the service gave it, and the first good answer.
        package var name: String?
        package var body: [UInt8] = []
    }

    private struct State {
        var counts: [MixedOperation: Counts] = [:]
        var reasons: [String: Int] = [:]
        var records: [Int: Record] = [:]
    }

    private let plan: MixedPlan
    private let last: MixedPlan.LastPayment
    private let state = Mutex(State())

    package init(_ plan: MixedPlan, last: MixedPlan.LastPayment) {
        self.plan = plan
        self.last = last
    }

    package var counts: [MixedOperation: Counts] { self.state.withLock { $0.counts } }

    /// How often requests failed or were refused, by kind and reason.
    package var reasons: [String: Int] { self.state.withLock { $0.reasons } }

    /// Every request that was sent, by number.
    package var records: [Int: Record] { self.state.withLock { $0.records } }

    package func record(_ number: Int) -> Record? { self.state.withLock { $0.records[number] } }

    package func sent(_ number: Int, at now: Int64) {
        self.state.withLock { $0.records[number] = Record(sentAt: now) }
    }

    package func ended(_ number: Int, _ ending: ExchangeEnding, _ outcome: ChangeOutcome, at now: Int64) {
        let operation = self.plan.operation(number)
        self.state.withLock { state in
            state.counts[operation, default: Counts()].sent += 1
            switch outcome {
            case .accepted(let receipt):
                state.counts[operation]?.good += 1
                guard var record = state.records[number] else { return }
                state.counts[operation]?.latency.record(UInt64(max(now - record.sentAt, 0)))
                guard record.name == nil else { return }
                (record.name, record.body) = (receipt.transactionID, receipt.body)
                state.records[number] = record
                if operation == .payment { self.last.note(receipt.transactionID) }
            case .again(let doubt):
                state.counts[operation]?.again += 1
                state.reasons["\(operation.rawValue), sent again: \(doubt)", default: 0] += 1
            case .lost(let doubt):
                state.counts[operation]?.failed += 1
                state.reasons["\(operation.rawValue): \(doubt)", default: 0] += 1
            case .failed(let reason), .refused(let reason):
                let isRefusal = if case .answered(let answer) = ending { answer.status < 500 } else { false }
                if isRefusal { state.counts[operation]?.refused += 1 } else { state.counts[operation]?.failed += 1 }
                state.reasons["\(operation.rawValue): \(reason)", default: 0] += 1
            }
        }
    }
}
