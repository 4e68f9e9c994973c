import Ethereum
import Synchronization

/// All that a phase remembers of its requests.
package final class DistributionBook: ChangeWatcher {
    private struct State {
        var records: [DistributionRecord]
        var findings = Findings<DistributionViolation>()
        var firstSentAt: Int64?
        var lastEndedAt: Int64 = 0
    }

    private let plan: DistributionPlan
    private let state: Mutex<State>

    package init(_ plan: DistributionPlan) {
        self.plan = plan
        self.state = Mutex(State(records: Array(repeating: DistributionRecord(), count: plan.count)))
    }

    package var records: [DistributionRecord] { self.state.withLock { $0.records } }

    /// The violations in answers that belong together.
    package var findings: Findings<DistributionViolation> { self.state.withLock { $0.findings } }

    /// From the first request to the last answer.
    package var elapsed: Duration {
        self.state.withLock { state in
            .nanoseconds(state.firstSentAt.map { max(state.lastEndedAt - $0, 0) } ?? 0)
        }
    }

    package func sent(_ number: Int, at now: Int64) {
        self.state.withLock { state in
            state.firstSentAt = state.firstSentAt ?? now
            state.records[number].state = .doubtful
        }
    }

    package func ended(_ number: Int, _ ending: ExchangeEnding, _ outcome: ChangeOutcome, at now: Int64) {
        self.state.withLock { state in
            state.lastEndedAt = now
            guard case .answered(let answer) = ending else { return }
            switch outcome {
            case .accepted: self.note(number, answer, &state)
            case .failed where (400..<500).contains(answer.status) && state.records[number].answer == nil:
                state.records[number].state = .refused
            case .failed, .again, .lost, .refused: break
            }
        }
    }

    private func note(_ number: Int, _ answer: ExchangeAnswer, _ state: inout State) {
        guard let given = DistributionAnswer(answer.body) else { return }
        var record = state.records[number]
        if let first = record.answer {
            let isSame =
                record.state == .submitted && answer.status == 200
                ? record.body == answer.body : first.id == given.id && first.nonce == given.nonce
            if !isSame {
                state.findings.add(
                    .otherAnswer,
                    "distribution \(self.plan.first + number): \(Self.name(first)), then \(Self.name(given))"
                )
            }
        }
        if answer.status == 200, record.state != .submitted {
            (record.state, record.answer, record.body) = (.submitted, given, answer.body)
        } else if record.answer == nil {
            (record.state, record.answer) = (.queued, given)
        }
        state.records[number] = record
    }

    private static func name(_ answer: DistributionAnswer) -> String {
        "\(answer.id) with nonce \(answer.nonce) as \(answer.hash?.text ?? "no transaction")"
    }
}
