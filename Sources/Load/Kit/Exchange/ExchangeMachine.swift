/// The state of one connection, as plain values: no channel, no clock.
///
///     idle ──send──▶ waiting ──ended──▶ idle
///      └── close ───────┴── close, overdue ──▶ closed
///
/// It carries one request at a time, and whatever ends the wait ends it exactly once.
package struct ExchangeMachine: Sendable {
    private enum Phase: Hashable {
        case idle
        case waiting(since: Int64)
        case closed
    }

    private var phase = Phase.idle
    /// Beside the phase, so that a body grows in place.
    private var answer: ExchangeAnswer?
    private let bodyLimit: Int

    /// Gives a connection up whose answer's body has more than so many bytes.
    package init(bodyLimit: Int) {
        self.bodyLimit = bodyLimit
    }

    package var isIdle: Bool { self.phase == .idle }

    private var isWaiting: Bool {
        guard case .waiting = self.phase else { return false }
        return true
    }

    /// Begins to wait for an answer; false when the connection cannot carry a request now.
    package mutating func send(at now: Int64) -> Bool {
        guard self.isIdle else { return false }
        self.phase = .waiting(since: now)
        return true
    }

    package enum ReadAction: Hashable, Sendable {
        case wait
        case close(ExchangeBreak)
    }

    /// An answer nobody asked for, or a second one, ends the connection.
    package mutating func headRead(_ answer: ExchangeAnswer) -> ReadAction {
        guard self.isWaiting, self.answer == nil else { return .close(.closed) }
        self.answer = answer
        return .wait
    }

    package mutating func bodyRead(_ bytes: some Collection<UInt8>) -> ReadAction {
        guard self.isWaiting, let length = self.answer?.body.count else { return .close(.closed) }
        guard length + bytes.count <= self.bodyLimit else { return .close(.tooLarge) }
        self.answer?.body.append(contentsOf: bytes)
        return .wait
    }

    package enum EndAction: Hashable, Sendable {
        case deliver(ExchangeAnswer)
        case deliverAndClose(ExchangeAnswer)
        case close
    }

    /// The answer is whole.
    package mutating func ended() -> EndAction {
        guard self.isWaiting, let answer = self.answer else { return .close }
        self.answer = nil
        self.phase = answer.isKeepingAlive ? .idle : .closed
        return answer.isKeepingAlive ? .deliver(answer) : .deliverAndClose(answer)
    }

    /// Whether the answer has been waited for since before `instant`.
    package func isWaiting(sinceBefore instant: Int64) -> Bool {
        guard case .waiting(let since) = self.phase else { return false }
        return since < instant
    }

    /// Ends the connection; true when a request was on it, whose answer is now lost.
    package mutating func close() -> Bool {
        defer { self.phase = .closed }

        self.answer = nil
        return self.isWaiting
    }
}
