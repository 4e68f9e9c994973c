/// The limits of a ``ConnectionMachine``.
///
/// The properties of ``RedisConfiguration`` of like names say more.
package struct ConnectionLimits: Hashable, Sendable {
    package var inFlight: Int
    package var greeting: Duration
    package var keepAlive: Duration
    package var silence: Duration
    package var blockSlack: Duration
    /// The most time that one tick may count for.
    ///
    /// Ticks further apart mean that this process stood still, which is no silence of the peer.
    package var pause: Duration

    package init(
        inFlight: Int,
        greeting: Duration,
        keepAlive: Duration,
        silence: Duration,
        blockSlack: Duration,
        pause: Duration
    ) {
        precondition(inFlight > 0)
        self.inFlight = inFlight
        self.greeting = greeting
        self.keepAlive = keepAlive
        self.silence = silence
        self.blockSlack = blockSlack
        self.pause = pause
    }

    package init(_ configuration: RedisConfiguration) {
        self.init(
            inFlight: configuration.inFlightLimit,
            greeting: configuration.connectTimeout,
            keepAlive: configuration.keepAliveInterval,
            silence: configuration.silenceLimit,
            blockSlack: configuration.blockSlack,
            pause: configuration.tickInterval * 10
        )
    }
}
