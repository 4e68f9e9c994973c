package import Coordination

/// A reading of Redis's clock, between two readings of one monotonic clock.
package struct AuditLook: Hashable, Sendable {
    package let time: ServerTime
    package let sent: Duration
    package let received: Duration

    package init(time: ServerTime, sent: Duration, received: Duration) {
        self.time = time
        self.sent = sent
        self.received = received
    }
}

/// Whether Redis's clock ran evenly while it was looked at, as far as a local monotonic clock can tell.
///
/// Each look bounds the difference of the two clocks: the server's time was read between sending and receiving. Bounds
/// that leave no room, also with some drift, mean that a clock was set.
package struct AuditClock: Hashable, Sendable {
    /// Two crystals and a rounded millisecond may differ by as much.
    private static let slackMilliseconds = 3.0
    private static let driftPerMillisecond = 0.0005

    private var least = -Double.infinity
    private var most = Double.infinity
    private var firstSeen: Duration?
    package private(set) var isEven = true

    package init() {}

    package mutating func saw(_ look: AuditLook) {
        let first = self.firstSeen ?? look.sent
        self.firstSeen = first
        let server = Double(look.time.milliseconds)
        self.least = max(self.least, server - look.received / .milliseconds(1))
        self.most = min(self.most, server - look.sent / .milliseconds(1))
        let drift = (look.received - first) / .milliseconds(1) * Self.driftPerMillisecond
        if self.least > self.most + Self.slackMilliseconds + drift { self.isEven = false }
    }
}
