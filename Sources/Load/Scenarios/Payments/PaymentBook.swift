import Synchronization

/// All that a load remembers of its payments, shared by those who send, follow and judge.
///
/// A record takes some hundred bytes, and a name is kept as a number.
package final class PaymentBook: ChangeWatcher {
    private struct State {
        var records: [PlannedPayment]
        var findings = PaymentFindings()
        /// Why payments failed.
        var reasons: [String: Int] = [:]
        var over = 0
    }

    private let plan: PaymentPlan
    private let queue: FollowQueue
    private let state: Mutex<State>

    /// Tells `queue` each payment that is accepted.
    package init(_ plan: PaymentPlan, queue: FollowQueue) {
        self.plan = plan
        self.queue = queue
        self.state = Mutex(State(records: Array(repeating: PlannedPayment(), count: plan.count)))
    }

    package var records: [PlannedPayment] { self.state.withLock { $0.records } }

    package var reasons: [String: Int] { self.state.withLock { $0.reasons } }

    /// The violations that were found so far.
    package var findings: PaymentFindings { self.state.withLock { $0.findings } }

    /// Payments that have come to their end.
    package var over: Int { self.state.withLock { $0.over } }

    package func id(_ number: Int) -> PaymentULID? { self.state.withLock { $0.records[number].id } }

    package func sent(_ number: Int, at now: Int64) {
        self.state.withLock { state in
            state.records[number].sentAt = now
            state.records[number].state = .unanswered
        }
    }

    package func ended(_ number: Int, _ ending: ExchangeEnding, _ outcome: ChangeOutcome, at now: Int64) {
        guard case .accepted(let receipt) = outcome, let id = PaymentULID(receipt.transactionID) else { return }
        let isNew = self.state.withLock { state in
            if let first = state.records[number].id {
                if first != id { state.findings.add(.otherID, "\(self.name(number)): \(first), then \(id)") }
                return false
            }
            state.records[number].id = id
            state.records[number].acceptedAt = now
            state.records[number].state = .accepted
            return true
        }
        if isNew { self.queue.append(number, at: now) }
    }

    /// Takes over a payment that was accepted without an answer.
    package func adopt(_ number: Int, _ id: PaymentULID) {
        self.state.withLock { state in
            state.records[number].id = id
            state.records[number].state = .accepted
        }
    }

    /// Notes what the service says of an accepted payment; true when there is nothing more to ask.
    package func note(_ number: Int, _ look: PaymentLook) -> Bool {
        self.state.withLock { state in
            guard !state.records[number].isOver else { return true }
            var record = state.records[number]
            let name = "\(record.id.map(\.description) ?? "none"), \(self.name(number))"
            switch look {
            case .unclear: return false
            case .open(let created):
                state.records[number].created = created
                return false
            case .ended(let end):
                (record.created, record.finished) = (end.created, end.finished)
                record.state = end.state
                if let reason = end.reason {
                    state.reasons[reason, default: 0] += 1
                    if reason != "insufficient-funds" { state.findings.add(.badReason, "\(name): \(reason)") }
                }
            case .unknown:
                record.state = .lost
                state.findings.add(.unknown, name)
            case .wrong(let reason):
                record.state = .misread
                state.findings.add(.misread, "\(name): \(reason)")
            }
            state.records[number] = record
            state.over += 1
            return true
        }
    }

    private func name(_ number: Int) -> String { "payment \(number) of \(self.plan.user(of: number))" }
}
