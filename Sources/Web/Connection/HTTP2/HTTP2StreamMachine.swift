/// The state of an HTTP/2 stream's one request and its answer, as plain values.
///
///     request:  awaited ──head──▶ reading ──end──▶ ended
///     answer:   owed ──head──▶ begun ──end──▶ ended
///
/// A request that is refused is answered at once; the router's answer to it, and the rest of its body, are for nobody.
/// An answer that is ready before its request is whole waits while a small rest of the request is read and dropped;
/// after that the client is told not to send the rest.
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
    private var isHead = false
    /// Whether the answer that was begun has no content.
    private var isBare = false
    private var receivedBytes = 0
    private var drop: EarlyAnswer?
    private var bodyLimit: Int

    package init(bodyLimit: Int) {
        self.bodyLimit = bodyLimit
    }

    /// The head of the request was read, perhaps of a HEAD; returns `false` for a second one.
    ///
    /// `bodyLimit` is for a request that has another one than others.
    package mutating func receivedHead(isHead: Bool = false, bodyLimit: Int? = nil) -> Bool {
        guard self.request == .awaited else { return false }
        self.request = .reading
        self.isHead = isHead
        if let bodyLimit { self.bodyLimit = bodyLimit }
        return true
    }

    package enum BodyAction: Hashable, Sendable {
        case forward
        case discard
        /// The body is too long.
        case refuse(Refusal)
    }

    package mutating func received(bodyBytes count: Int) -> BodyAction {
        self.receivedBytes += count
        if self.drop != nil {
            if self.drop?.hasRoom(for: count) == false { self.drop = nil }
            return .discard
        }
        guard self.request == .reading, !self.isRefused, self.answer != .ended else { return .discard }
        return self.receivedBytes > self.bodyLimit ? .refuse(self.refuse()) : .forward
    }

    /// The request is whole; returns whether anybody wants to know.
    package mutating func receivedEnd() -> Bool {
        self.request = .ended
        self.drop = nil
        return !self.isRefused
    }

    /// Whether the answer waits for the rest of its request.
    package var isHolding: Bool { self.drop != nil }

    /// The answer begins, and whole, while its request is still coming: nobody wants the rest of that.
    ///
    /// `announced` is the length that the client said.
    package mutating func holdBack(announced: Int?) {
        guard self.request == .reading, self.drop == nil else { return }
        self.drop = EarlyAnswer(remaining: announced.map { $0 - self.receivedBytes })
    }

    /// Lets the answer leave although its request goes on.
    package mutating func releaseEarly() { self.drop = nil }

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
        case head(status: Int)
        case body
        case end
    }

    package enum PartAction: Hashable, Sendable {
        case pass
        /// The answer has no content, and so no trailers either.
        case passWithoutContent
        /// Nobody waits for it any more.
        case drop
    }

    /// A part of the router's answer.
    package mutating func produced(_ part: Part) -> PartAction {
        guard !self.isRefused, self.answer != .ended else { return .drop }
        switch part {
        case .interim: return .pass
        case .head(let status):
            self.answer = .begun
            self.isBare = !self.mayHaveContent(status: status)
            return .pass
        case .body: break
        case .end: self.answer = .ended
        }
        return self.isBare ? .passWithoutContent : .pass
    }

    /// Whether an answer with this status has content.
    package func mayHaveContent(status: Int) -> Bool { AnswerContent.isAllowed(isHead: self.isHead, status: status) }
}
