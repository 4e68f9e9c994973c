import DequeModule

/// The state of one HTTP/1.1 connection, as plain values: no channel, no promise, no clock.
///
///     open ──request that closes, quiesce, end of input──▶ finishing ──last answer──▶ lingering ──▶ closed
///
/// Answers leave in the order in which their requests came (RFC 9112, section 9.3.2), although a hot answer comes
/// from the event loop and a routed one from a task: an answer that is ready too early waits in its slot. One that is
/// ready before its request is whole waits too, while what is left of the request is read and dropped: many clients
/// stop sending when an answer comes, and lose it with their connection.
/// `Answer` is a whole answer in bytes, `Part` a piece of a routed answer.
package struct HTTPConnectionMachine<Answer, Part> {
    package typealias Ticket = UInt64

    package enum Phase: Hashable, Sendable {
        case open
        /// No further request is taken; the answers owed still leave.
        case finishing
        /// Everything is answered; input is drained so that the last answer is not lost to a reset.
        case lingering
        case closed
    }

    /// The part of the server that answers a request.
    package enum Kind: Hashable, Sendable {
        case hot
        case routed
        case refused
    }

    private struct Slot {
        let kind: Kind
        var closes: Bool
        let isHead: Bool
        var answer: Answer?
        var parts: [Part] = []
        var isComplete = false
    }

    package private(set) var phase = Phase.open
    /// The request whose body is being read, if any.
    package private(set) var reading: Kind?
    private var slots: Deque<Slot> = []
    private var firstTicket: Ticket = 0
    private var hasBegunFirst = false
    /// Bytes of the body that is being read, as far as they have come.
    package private(set) var receivedBytes = 0
    private var drop: EarlyAnswer?
    private var newestBodyLimit: Int
    private let bodyLimit: Int
    private let pipelineLimit: Int

    package init(bodyLimit: Int, pipelineLimit: Int) {
        precondition(pipelineLimit > 0)
        self.bodyLimit = bodyLimit
        self.newestBodyLimit = bodyLimit
        self.pipelineLimit = pipelineLimit
    }

    /// Requests whose answers are owed.
    package var owed: Int { self.slots.count }

    /// Whether further input is wanted: not while too many answers are owed.
    package var wantsInput: Bool { self.slots.count < self.pipelineLimit || self.phase == .lingering }

    /// The ticket of the next request that is received.
    package var nextTicket: Ticket { self.firstTicket &+ UInt64(self.slots.count) }

    /// Whether the answer through `ticket` is the connection's last.
    package func doesClose(_ ticket: Ticket) -> Bool { self.index(of: ticket).map { self.slots[$0].closes } ?? true }

    /// Whether the request of `ticket` wants nothing but the head of its answer.
    package func isHead(_ ticket: Ticket) -> Bool { self.index(of: ticket).map { self.slots[$0].isHead } ?? false }

    /// Whether the slot of `ticket` is the one whose answer may leave now.
    package func isFirst(_ ticket: Ticket) -> Bool { ticket == self.firstTicket }

    // MARK: Requests

    /// A request's head was read.
    ///
    /// Returns `nil` when the request comes too late and must be ignored. `bodyLimit` is for a request that has another
    /// one than the connection's.
    package mutating func received(
        _ kind: Kind,
        closes: Bool,
        bodyLimit: Int? = nil,
        isHead: Bool = false
    ) -> Ticket? {
        guard self.phase == .open else { return nil }
        self.reading = kind
        self.receivedBytes = 0
        self.drop = nil
        self.newestBodyLimit = bodyLimit ?? self.bodyLimit
        let ticket = self.nextTicket
        self.slots.append(Slot(kind: kind, closes: closes, isHead: isHead))
        if closes { self.phase = .finishing }
        return ticket
    }

    package enum BodyAction: Hashable, Sendable {
        case forward
        case discard
        /// The body is too long: the newest request is now refused, and answered through its ticket.
        case refuse(Ticket)
        /// So much was dropped that the early answer shall wait no longer.
        case release
    }

    package mutating func received(bodyBytes count: Int) -> BodyAction {
        self.receivedBytes += count
        if self.drop != nil {
            return self.drop?.hasRoom(for: count) == true ? .discard : .release
        }
        guard self.reading == .routed else { return .discard }
        guard self.receivedBytes > self.newestBodyLimit else { return .forward }
        return self.refuseNewest().map { .refuse($0) } ?? .discard
    }

    package enum EndAction: Hashable, Sendable {
        case forward
        case discard
    }

    package mutating func receivedEnd() -> EndAction {
        defer {
            self.reading = nil
            self.drop = nil
        }
        return self.reading == .routed ? .forward : .discard
    }

    // MARK: Early answers

    /// Whether the newest request's answer waits for the rest of its request.
    package var isHolding: Bool { self.drop != nil }

    /// Whether the routed answer that begins now is ahead of the end of its request.
    package var isRoutedEarly: Bool {
        guard self.reading == .routed, let index = self.indexOfRouted() else { return false }
        return index == self.slots.count - 1
    }

    /// The answer of the request that is being read is ready, or begins, and whole: nobody wants the rest of the
    /// request.
    ///
    /// `remaining` is how much of it is still to come, when that is known. When it is too much the answer leaves at
    /// once, and is the connection's last.
    package mutating func holdBack(remaining: Int?) {
        guard self.reading != nil, self.drop == nil, let last = self.slots.indices.last else { return }
        guard let drop = EarlyAnswer(remaining: remaining) else {
            self.slots[last].closes = true
            self.phase = .finishing
            return
        }
        self.drop = drop
    }

    /// Lets the early answer leave although its request goes on, as the connection's last; returns whether one waited.
    ///
    /// `amend` is given its first part, if it has begun.
    @discardableResult
    package mutating func releaseEarly(_ amend: (inout Part) -> Void = { _ in }) -> Bool {
        guard self.drop != nil, let last = self.slots.indices.last else { return false }
        self.drop = nil
        self.reading = .refused
        self.slots[last].closes = true
        self.phase = .finishing
        if let first = self.slots[last].parts.indices.first { amend(&self.slots[last].parts[first]) }
        return true
    }

    /// The body of the newest request is too slow or too long, or its bytes are not HTTP.
    ///
    /// Returns the ticket to answer through, or `nil` when its answer has already begun; then the connection is cut.
    package mutating func refuseNewest() -> Ticket? {
        guard self.reading != nil, let last = self.slots.indices.last else { return nil }
        self.phase = .finishing
        self.reading = .refused
        let ticket = self.firstTicket &+ UInt64(last)
        guard !self.slots[last].isComplete, self.slots[last].parts.isEmpty, !(last == 0 && self.hasBegunFirst) else {
            self.slots[last].closes = true
            return nil
        }
        self.slots[last] = Slot(kind: .refused, closes: true, isHead: self.slots[last].isHead)
        return ticket
    }

    // MARK: Answers

    /// A whole answer is ready.
    package mutating func answered(_ ticket: Ticket, with answer: Answer) {
        assert(self.phase != .open || ticket < self.nextTicket, "an answer before its request was received")
        guard let index = self.index(of: ticket), !self.slots[index].isComplete else { return }
        self.slots[index].answer = answer
        self.slots[index].isComplete = true
    }

    package enum PartAction: Hashable, Sendable {
        case queued
        /// Nobody waits for it any more.
        case drop
    }

    /// A routed answer goes on; its parts come in order, one routed request after the other.
    package mutating func produced(_ part: Part, isEnd: Bool) -> PartAction {
        guard let index = self.indexOfRouted() else { return .drop }
        self.slots[index].parts.append(part)
        if isEnd { self.slots[index].isComplete = true }
        return .queued
    }

    /// Whether the routed answer that is being produced closes the connection.
    package var doesRoutedClose: Bool {
        guard let index = self.indexOfRouted() else { return true }
        return self.slots[index].closes || self.phase == .finishing && index == self.slots.count - 1
    }

    /// Whether the routed answer that is being produced belongs to a HEAD.
    package var isRoutedHead: Bool { self.indexOfRouted().map { self.slots[$0].isHead } ?? false }

    package enum Output {
        case answer(Answer)
        case part(Part)
        /// The last answer has left: close the sending side and drain what comes in.
        case linger
    }

    /// The outputs that may leave now, one a call, until `nil`.
    package mutating func next() -> Output? {
        guard !self.slots.isEmpty else {
            guard self.phase == .finishing else { return nil }
            self.phase = .lingering
            return .linger
        }
        if self.drop != nil, self.slots.count == 1 { return nil }
        if let answer = self.slots[0].answer {
            self.pop()
            return .answer(answer)
        }
        if !self.slots[0].parts.isEmpty {
            self.hasBegunFirst = true
            let part = self.slots[0].parts.removeFirst()
            if self.slots[0].parts.isEmpty, self.slots[0].isComplete { self.pop() }
            return .part(part)
        }
        return nil
    }

    // MARK: The end

    /// No further request will be taken: the peer sent its last byte, or the service is being stopped.
    ///
    /// A request whose body is still being read is finished first when the service stops, and cannot be when the
    /// peer ended its input.
    package mutating func finish() {
        guard self.phase == .open else { return }
        self.phase = .finishing
    }

    /// The router has ended: a routed request without an answer will never get one.
    package mutating func routedEnded() {
        if let index = self.indexOfRouted() {
            // Answers behind the missing one would be taken for it.
            self.slots.removeSubrange(index...)
            self.reading = nil
            self.drop = nil
        }
        self.finish()
    }

    package mutating func close() {
        self.phase = .closed
        self.slots.removeAll()
        self.reading = nil
        self.drop = nil
    }

    private mutating func pop() {
        let slot = self.slots.removeFirst()
        self.firstTicket &+= 1
        self.hasBegunFirst = false
        guard slot.closes else { return }
        // A request that was pipelined behind a closing one is never answered.
        self.slots.removeAll()
        self.phase = .finishing
    }

    private func index(of ticket: Ticket) -> Int? {
        guard ticket >= self.firstTicket else { return nil }
        let index = Int(ticket &- self.firstTicket)
        return index < self.slots.count ? index : nil
    }

    private func indexOfRouted() -> Int? {
        self.slots.firstIndex { $0.kind == .routed && !$0.isComplete }
    }
}

extension HTTPConnectionMachine.Output: Equatable where Answer: Equatable, Part: Equatable {}
