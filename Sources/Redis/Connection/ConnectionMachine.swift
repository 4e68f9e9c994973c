import DequeModule

/// The state of one Redis connection, as plain values: no channel, no promise, no clock.
///
///     connecting ──opened──▶ greeting ──last welcome──▶ ready ──drain──▶ draining ──last reply──▶ closed
///          └─────────────────────┴──────────────────────── close ───────────┴─────────────────────▶┘
///
/// Redis answers in the order it was asked, so the replies owed form a queue. `Ticket` is what the caller wants back
/// with each reply: a completion in production, a number in tests. A ticket whose deadline passes is given back at
/// once, but its place stays in the queue until its reply comes, so that no reply reaches another's caller.
package struct ConnectionMachine<Ticket> {
    package enum Phase: Hashable, Sendable {
        case connecting
        case greeting(repliesLeft: Int)
        case ready
        case draining(RedisError.Cause)
        case closed(RedisError.Cause)
    }

    private struct Owed {
        /// `nil` for a greeting's or a keep-alive's reply, and for an abandoned ticket.
        var ticket: Ticket?
        let deadline: Uptime
    }

    package private(set) var phase = Phase.connecting
    // Beside the phase and not inside it: a queue held by an enum case is copied on every append.
    private var owed = Deque<Owed>()
    /// How many at the end of `owed` are not with the socket yet.
    private var unflushed = 0
    /// No deadline in `owed` is earlier.
    ///
    /// May be too early, never too late.
    private var earliestDeadline = Uptime(nanoseconds: .max)
    private var drainDeadline = Uptime(nanoseconds: .max)
    private var silence: SilenceWatch
    private let limits: ConnectionLimits

    package init(limits: ConnectionLimits) {
        self.limits = limits
        self.silence = SilenceWatch(limits: limits)
    }

    /// Commands written whose reply has not come, abandoned ones included.
    package var inFlight: Int { self.owed.count }

    /// Whether ``send(_:deadline:blocksUntil:at:)`` would take a command.
    package var hasRoom: Bool { self.phase == .ready && self.owed.count < self.limits.inFlight }

    /// The channel is open, and `greetings` commands are being written to it.
    package mutating func opened(greetings: Int, at now: Uptime) {
        guard case .connecting = self.phase else { return }
        precondition(greetings > 0)
        self.phase = .greeting(repliesLeft: greetings)
        self.silence.received(at: now)
        for _ in 0..<greetings { self.owe(nil, deadline: now + self.limits.greeting, at: now) }
    }

    package enum SendAction: Hashable {
        case write
        case reject(RedisError)
    }

    /// A caller wants to write a command whose reply goes to `ticket`.
    ///
    /// `blocksUntil` is when Redis answers at the latest, for a command that waits in Redis.
    package mutating func send(
        _ ticket: Ticket,
        deadline: Uptime,
        blocksUntil: Uptime? = nil,
        at now: Uptime
    ) -> SendAction {
        switch self.phase {
        case .connecting, .greeting: return .reject(.notSent(.notConnected))
        case .draining(let cause), .closed(let cause): return .reject(.notSent(cause))
        case .ready:
            guard deadline > now else { return .reject(.notSent(.deadlineExceeded)) }
            guard self.owed.count < self.limits.inFlight else { return .reject(.notSent(.overloaded)) }
            if let blocksUntil { self.silence.blocked(until: blocksUntil) }
            self.owe(ticket, deadline: deadline, at: now)
            return .write
        }
    }

    /// Everything written so far is with the socket, and may have reached Redis.
    package mutating func flushed() { self.unflushed = 0 }

    /// Bytes came, whether or not they finish a reply.
    package mutating func received(at now: Uptime) { self.silence.received(at: now) }

    package enum ReplyAction {
        /// Nobody waits for this reply.
        case skip
        /// The last welcome: commands may be sent from now on.
        case welcome
        case deliver(Ticket)
        /// The last reply goes to its ticket, if that still waits, and then the connection closes.
        case deliverAndClose(Ticket?, RedisError.Cause)
        case close(RedisError.Cause)
    }

    /// A whole reply came; `refusal` when it is an error, and `isStatus` when it is a mere word.
    package mutating func replied(_ refusal: RedisRefusal? = nil, isStatus: Bool = true) -> ReplyAction {
        if case .closed = self.phase { return .skip }
        // A command that is not flushed has not been asked yet, so no reply can be its own.
        guard self.owed.count > self.unflushed, let first = self.owed.popFirst() else {
            return .close(.unsolicitedReply)
        }
        let ticket = first.ticket
        if self.owed.isEmpty { self.silence.unblocked() }

        if case .greeting(let left) = self.phase {
            // A socket that TCP connected to itself echoes the greeting, which no Redis does.
            if refusal == nil && !isStatus { return .close(.malformedReply) }
            return self.welcomed(refusal, repliesLeft: left)
        }
        if let refusal { self.learn(from: refusal) }
        if case .draining(let cause) = self.phase, self.owed.isEmpty { return .deliverAndClose(ticket, cause) }
        return ticket.map { .deliver($0) } ?? .skip
    }

    package enum DrainAction: Hashable { case close, wait }

    /// Refuses new commands and lets the ones already written finish, until `deadline`.
    package mutating func drain(because cause: RedisError.Cause, deadline: Uptime) -> DrainAction {
        switch self.phase {
        case .connecting, .greeting: return .close
        case .ready, .draining:
            self.phase = .draining(cause)
            self.drainDeadline = deadline
            return self.owed.isEmpty ? .close : .wait
        case .closed: return .wait
        }
    }

    package enum TickAction: Hashable {
        case nothing
        case ping
        case close(RedisError.Cause)
    }

    /// Time has passed: says whether to ask the peer for a sign of life or to give it up.
    ///
    /// After `ping` the `PING` must be written, like after ``SendAction/write``.
    package mutating func ticked(at now: Uptime) -> TickAction {
        switch self.phase {
        case .connecting, .closed: return .nothing
        case .greeting:
            guard let first = self.owed.first, first.deadline <= now else { return .nothing }
            return .close(.silent)
        case .draining(let cause) where now >= self.drainDeadline: return .close(cause)
        case .ready, .draining:
            switch self.silence.ticked(isOwed: !self.owed.isEmpty, at: now) {
            case .fine: return .nothing
            case .silent: return .close(.silent)
            case .idle:
                self.owe(nil, deadline: Uptime(nanoseconds: .max), at: now)
                return .ping
            }
        }
    }

    /// Gives back the tickets whose deadline has passed, oldest first; their places in the queue stay.
    package mutating func expired(at now: Uptime) -> [Ticket] {
        guard now >= self.earliestDeadline else { return [] }
        var expired: [Ticket] = []
        var earliest = Uptime(nanoseconds: .max)
        for index in self.owed.indices {
            guard let ticket = self.owed[index].ticket else { continue }
            if self.owed[index].deadline <= now {
                expired.append(ticket)
                self.owed[index].ticket = nil
            } else {
                earliest = min(earliest, self.owed[index].deadline)
            }
        }
        self.earliestDeadline = earliest
        return expired
    }

    /// Tickets of a closed connection, oldest first.
    package struct Closed {
        /// Commands that may have reached Redis.
        package var unknown: [Ticket] = []
        /// Commands that never left this process.
        package var unsent: [Ticket] = []
    }

    /// Ends the connection and returns the tickets still owed a reply; `nil` when it had ended before.
    package mutating func close(because cause: RedisError.Cause) -> Closed? {
        if case .closed = self.phase { return nil }
        self.phase = .closed(cause)
        let sent = self.owed.count - self.unflushed
        var closed = Closed()
        closed.unknown = self.owed.prefix(sent).compactMap(\.ticket)
        closed.unsent = self.owed.dropFirst(sent).compactMap(\.ticket)
        self.owed.removeAll()
        self.unflushed = 0
        return closed
    }

    private mutating func welcomed(_ refusal: RedisRefusal?, repliesLeft left: Int) -> ReplyAction {
        if let refusal { return .close(.greetingRefused(refusal.kind)) }
        guard left == 1 else {
            self.phase = .greeting(repliesLeft: left - 1)
            return .skip
        }
        self.phase = .ready
        return .welcome
    }

    private mutating func owe(_ ticket: Ticket?, deadline: Uptime, at now: Uptime) {
        if self.owed.isEmpty { self.silence.owed(since: now) }
        self.owed.append(Owed(ticket: ticket, deadline: deadline))
        self.unflushed += 1
        if deadline < self.earliestDeadline { self.earliestDeadline = deadline }
    }

    /// Some refusals mean that this connection is of no more use: written commands finish, nothing new begins.
    private mutating func learn(from refusal: RedisRefusal) {
        guard case .ready = self.phase else { return }
        if refusal.asksForNewConnection { self.phase = .draining(.demoted) }
    }
}

extension ConnectionMachine.ReplyAction: Equatable where Ticket: Equatable {}
extension ConnectionMachine.Closed: Equatable where Ticket: Equatable {}
