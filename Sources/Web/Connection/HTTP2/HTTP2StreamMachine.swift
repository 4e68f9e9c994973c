/// What the one request of an HTTP/2 stream and its answer may do next, as plain values.
///
///     request:  awaited ──head──▶ reading ──end──▶ ended
///     answer:   owed ──head──▶ begun ──end──▶ ended
///
/// A request that is refused is answered at once; what the router still makes of it, and the rest of its body, is for
/// nobody. An answer may end before its request does: then the client is told not to send the rest.
package struct HTTP2StreamMachine {
    package enum Request: Hashable, Sendable {
        case awaited
        case reading
        case ended
    }

    package enum Answer: Hashable, Sendable {
        case owed
        case begun
        case ended
    }

    package private(set) var request = Request.awaited
    package private(set) var answer = Answer.owed
    package private(set) var isRefused = false
    private var receivedBytes = 0
    private let bodyLimit: Int

    package init(bodyLimit: Int) {
        self.bodyLimit = bodyLimit
    }

    /// The head of the request was read; returns `false` for a second one.
    package mutating func receivedHead() -> Bool {
        guard self.request == .awaited else { return false }
        self.request = .reading
        return true
    }

    package enum BodyAction: Hashable, Sendable {
        case forward
        case discard
        /// The body is too long.
        case refuse(Refusal)
    }

    package mutating func received(bodyBytes count: Int) -> BodyAction {
        guard self.request == .reading, !self.isRefused else { return .discard }
        self.receivedBytes += count
        return self.receivedBytes > self.bodyLimit ? .refuse(self.refuse()) : .forward
    }

    /// The request is whole; returns whether anybody wants to know.
    package mutating func receivedEnd() -> Bool {
        self.request = .ended
        return !self.isRefused
    }

    package enum Refusal: Hashable, Sendable {
        /// The refusal is the answer.
        case answer
        /// The answer had begun: the stream is cut.
        case cut
        /// There is nothing to refuse any more.
        case none
    }

    package mutating func refuse() -> Refusal {
        guard !self.isRefused, self.answer != .ended else { return .none }
        self.isRefused = true
        defer { self.answer = .ended }
        return self.answer == .owed ? .answer : .cut
    }

    package enum Part: Hashable, Sendable {
        /// An informational head, which no answer begins with.
        case interim
        case head
        case body
        case end
    }

    /// A part of the router's answer; returns `false` when nobody waits for it any more.
    package mutating func produced(_ part: Part) -> Bool {
        guard !self.isRefused, self.answer != .ended else { return false }
        switch part {
        case .interim, .body: break
        case .head: self.answer = .begun
        case .end: self.answer = .ended
        }
        return true
    }
}
