/// The state of one connection of a load, as plain values: no channel, no clock.
///
///     idle ──send──▶ waiting ──ended──▶ idle
///      └── close ───────┴── close, overdue ──▶ closed
///
/// A lane carries one request at a time. Whatever ends the wait hands the request back exactly once.
package struct LoadConnectionMachine: Sendable {
    private struct Wait: Hashable {
        let request: PendingRequest
        let sentAt: Int64
        var answer: IDAnswer?
    }

    private enum Phase: Hashable {
        case idle
        case waiting(Wait)
        case closed
    }

    private var phase = Phase.idle

    package init() {}

    package var isIdle: Bool { self.phase == .idle }

    /// Takes a request to send; only an idle lane may.
    package mutating func send(_ request: PendingRequest, at now: Int64) {
        precondition(self.isIdle)
        self.phase = .waiting(Wait(request: request, sentAt: now))
    }

    package enum ReadAction: Hashable, Sendable { case wait, close }

    /// An answer nobody asked for, or a second one, ends the connection.
    package mutating func headRead(_ answer: IDAnswer) -> ReadAction {
        guard case .waiting(var wait) = self.phase, wait.answer == nil else { return .close }
        wait.answer = answer
        self.phase = .waiting(wait)
        return .wait
    }

    package mutating func bodyRead(_ bytes: some Collection<UInt8>) -> ReadAction {
        guard case .waiting(var wait) = self.phase, var answer = wait.answer else { return .close }
        answer.append(bytes)
        wait.answer = answer
        self.phase = .waiting(wait)
        return answer.bodyLength > IDAnswer.bodyLimit ? .close : .wait
    }

    /// A request that is over, and what became of it.
    package struct Ending: Hashable, Sendable {
        package let request: PendingRequest
        package let sentAt: Int64
        package let outcome: IDOutcome

        package init(request: PendingRequest, sentAt: Int64, outcome: IDOutcome) {
            self.request = request
            self.sentAt = sentAt
            self.outcome = outcome
        }
    }

    package enum EndAction: Hashable, Sendable {
        case deliver(Ending)
        case deliverAndClose(Ending)
        case close
    }

    /// The answer is whole.
    package mutating func ended() -> EndAction {
        guard case .waiting(let wait) = self.phase, let answer = wait.answer else { return .close }
        self.phase = answer.isKeepingAlive ? .idle : .closed
        let ending = Ending(request: wait.request, sentAt: wait.sentAt, outcome: answer.outcome)
        return answer.isKeepingAlive ? .deliver(ending) : .deliverAndClose(ending)
    }

    /// Whether the answer has been waited for since before `instant`.
    package func isWaiting(sinceBefore instant: Int64) -> Bool {
        guard case .waiting(let wait) = self.phase else { return false }
        return wait.sentAt < instant
    }

    /// Ends the connection; the request it carried, if any, has an unknown outcome.
    package mutating func close(because doubt: IDOutcome.Doubt) -> Ending? {
        defer { self.phase = .closed }

        guard case .waiting(let wait) = self.phase else { return nil }
        return Ending(request: wait.request, sentAt: wait.sentAt, outcome: .unknown(doubt))
    }
}
