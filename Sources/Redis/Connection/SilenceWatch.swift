/// Tells an idle peer, which is asked for a sign of life, from a silent one, which is given up.
package struct SilenceWatch: Hashable, Sendable {
    package enum Verdict: Hashable, Sendable {
        case fine
        /// Nothing is owed and nothing came for the keep-alive interval.
        case idle
        /// Something is owed and nothing came for the silence limit.
        case silent
    }

    private var lastReceived = Uptime(nanoseconds: 0)
    private var owedSince = Uptime(nanoseconds: 0)
    private var blockedUntil = Uptime(nanoseconds: .min)
    private var lastTick: Uptime?
    private let limits: ConnectionLimits

    package init(limits: ConnectionLimits) {
        self.limits = limits
    }

    package mutating func received(at now: Uptime) { self.lastReceived = now }

    /// The first reply is owed after none was.
    package mutating func owed(since now: Uptime) { self.owedSince = now }

    /// Redis may keep a command, and so be silent, until `end`.
    package mutating func blocked(until end: Uptime) {
        self.blockedUntil = max(self.blockedUntil, end + self.limits.blockSlack)
    }

    /// No command is left that Redis may keep.
    package mutating func unblocked() { self.blockedUntil = Uptime(nanoseconds: .min) }

    package mutating func ticked(isOwed: Bool, at now: Uptime) -> Verdict {
        self.forgive(until: now)
        let silence = now - self.lastReceived
        guard isOwed else { return silence >= self.limits.keepAlive ? .idle : .fine }
        // After an idle time the peer is given the rest of the limit to answer, not less.
        let grace = self.limits.silence - self.limits.keepAlive
        guard silence >= self.limits.silence, now - self.owedSince >= grace, now >= self.blockedUntil else {
            return .fine
        }
        return .silent
    }

    /// Takes out the time in which this process itself did not run.
    private mutating func forgive(until now: Uptime) {
        if let lastTick, now - lastTick > self.limits.pause {
            let pause = now - lastTick - self.limits.pause
            self.lastReceived = min(self.lastReceived + pause, now)
            self.owedSince = min(self.owedSince + pause, now)
        }
        self.lastTick = now
    }
}
