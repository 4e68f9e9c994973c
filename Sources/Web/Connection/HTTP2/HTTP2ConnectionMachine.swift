/// How one HTTP/2 connection ends, as plain values; times are in nanoseconds of one clock.
///
///     greeting ──settings──▶ open ──idle, drain──▶ leaving ──told, or too slow──▶ left ──no stream──▶ closed
///
/// A client that does not know yet that the connection is being left may open another stream. So it is told first that
/// some stream is the last, then, when it has answered a ping that was sent behind that, which one it is (RFC 9113,
/// section 6.8).
package struct HTTP2ConnectionMachine {
    package typealias Stream = Int

    package enum Phase: Hashable, Sendable {
        /// The client's settings have not come.
        case greeting
        case open
        /// The client is being told that it should open no more streams.
        case leaving
        /// It knows; open streams still end.
        case left
        case closed
    }

    package enum Action: Hashable, Sendable {
        case none
        case ping
        /// A first GOAWAY that names no stream, and a ping.
        case sayLeaving
        /// A second one with the last stream that is taken.
        case sayLeft(Stream)
        /// The same, and no stream is open.
        case sayLeftAndClose(Stream)
        case close
    }

    package struct Limits: Hashable, Sendable {
        package let greeting: UInt64
        package let idle: UInt64
        package let ping: UInt64
        package let pingTimeout: UInt64
        package let leaving: UInt64

        package init(greeting: UInt64, idle: UInt64, ping: UInt64, pingTimeout: UInt64, leaving: UInt64) {
            self.greeting = greeting
            self.idle = idle
            self.ping = ping
            self.pingTimeout = pingTimeout
            self.leaving = leaving
        }
    }

    package private(set) var phase = Phase.greeting
    package private(set) var openStreams = 0
    private var lastStream: Stream = 0
    /// When the phase began, or the last stream ended.
    private var since: UInt64
    /// When the last bytes came.
    private var heardAt: UInt64
    private var isPinged = false
    private let limits: Limits

    package init(_ limits: Limits, now: UInt64) {
        self.limits = limits
        self.since = now
        self.heardAt = now
    }

    package mutating func greeted(at now: UInt64) {
        guard self.phase == .greeting else { return }
        self.phase = .open
        self.since = now
    }

    /// Bytes came, whatever they are: the client is there.
    package mutating func heard(at now: UInt64) {
        self.heardAt = now
        self.isPinged = false
    }

    package mutating func opened(_ stream: Stream, at now: UInt64) {
        self.greeted(at: now)
        self.openStreams += 1
        self.lastStream = max(self.lastStream, stream)
    }

    package mutating func ended(at now: UInt64) -> Action {
        self.openStreams = max(0, self.openStreams - 1)
        guard self.openStreams == 0, self.phase != .closed else { return .none }
        if self.phase == .left {
            self.phase = .closed
            return .close
        }
        if self.phase == .open { self.since = now }
        return .none
    }

    /// The connection is to be left: the service is being stopped, or it was idle for too long.
    package mutating func leave(at now: UInt64) -> Action {
        switch self.phase {
        case .greeting:
            self.phase = .closed
            return .close
        case .open:
            self.phase = .leaving
            self.since = now
            return .sayLeaving
        case .leaving, .left, .closed: return .none
        }
    }

    /// The client has answered the ping behind ``Action/sayLeaving``, or had the time to.
    package mutating func told() -> Action {
        guard self.phase == .leaving else { return .none }
        self.phase = self.openStreams == 0 ? .closed : .left
        return self.openStreams == 0 ? .sayLeftAndClose(self.lastStream) : .sayLeft(self.lastStream)
    }

    package mutating func closed() { self.phase = .closed }

    /// How dispensable the connection is when others want in; nil while something is open on it.
    package var spare: SpareConnection? {
        switch self.phase {
        case .greeting: SpareConnection(.slow, since: self.since)
        case .open where self.openStreams == 0: SpareConnection(.served, since: self.since)
        case .open, .leaving, .left, .closed: nil
        }
    }

    /// When something is to be done if nothing happens; `nil` for never.
    package var deadline: UInt64? {
        switch self.phase {
        case .greeting: self.since &+ self.limits.greeting
        case .open where self.openStreams == 0: self.since &+ self.limits.idle
        case .leaving: self.since &+ self.limits.leaving
        case .open, .left: self.heardAt &+ self.limits.ping &+ (self.isPinged ? self.limits.pingTimeout : 0)
        case .closed: nil
        }
    }

    package mutating func expired(at now: UInt64) -> Action {
        guard let deadline = self.deadline, now >= deadline else { return .none }
        switch self.phase {
        case .open where self.openStreams == 0: return self.leave(at: now)
        case .leaving: return self.told()
        case .open, .left:
            if self.isPinged {
                self.phase = .closed
                return .close
            }
            self.isPinged = true
            return .ping
        case .greeting, .closed:
            self.phase = .closed
            return .close
        }
    }
}
