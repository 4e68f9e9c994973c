/// When one connection is tried again: pure, with the time and the jitter handed in.
///
///     idle ──start──▶ trying ──greeted──▶ ready
///                      ▲  └──failed──▶ waiting ◀──failed──┘
///                      └─────waited──────┘              any ──stop──▶ stopped
///
/// There is one try in flight at most: a new one begins only from `waiting`.
package struct ReconnectMachine: Hashable, Sendable {
    package enum Phase: Hashable, Sendable {
        case idle
        case trying
        case ready(since: Uptime)
        case waiting
        case stopped
    }

    package private(set) var phase = Phase.idle
    /// Failed tries since the last connection that lasted.
    private var failures = 0
    private let minimum: Duration
    private let maximum: Duration
    /// A connection that lives shorter than this counts as a failed try.
    private static let lasting = Duration.seconds(2)
    /// The shortest wait after a refused greeting: nobody mends a password faster.
    private static let refusalWait = Duration.seconds(1)

    package init(minimum: Duration, maximum: Duration) {
        precondition(minimum > .zero && maximum >= minimum)
        self.minimum = minimum
        self.maximum = maximum
    }

    package enum StartAction: Hashable, Sendable { case connect, nothing }

    package mutating func start() -> StartAction {
        guard case .idle = self.phase else { return .nothing }
        self.phase = .trying
        return .connect
    }

    /// The connection is open and Redis has welcomed it.
    package mutating func greeted(at now: Uptime) {
        guard case .trying = self.phase else { return }
        self.phase = .ready(since: now)
    }

    package enum FailureAction: Hashable, Sendable {
        case wait(Duration)
        case nothing
    }

    /// The try failed or the connection ended.
    ///
    /// `jitter` is a random number, 0 up to 1.
    package mutating func failed(_ cause: RedisError.Cause, at now: Uptime, jitter: Double) -> FailureAction {
        switch self.phase {
        case .idle, .waiting, .stopped: return .nothing
        case .ready(let since) where now - since >= Self.lasting: self.failures = 0
        case .ready, .trying: break
        }
        self.phase = .waiting
        // Doubling ends long before the shift does.
        let doubled = self.minimum * (1 << min(self.failures, 20))
        self.failures += 1
        // Between half of it and nine tenths, so at most 1.8 s by default.
        let jittered = min(doubled, self.maximum) * (0.5 + 0.4 * jitter)
        guard cause.isLastingRefusal else { return .wait(jittered) }
        return .wait(Self.refusalWait + min(jittered, .milliseconds(800)))
    }

    package enum WaitedAction: Hashable, Sendable { case connect, nothing }

    package mutating func waited() -> WaitedAction {
        guard case .waiting = self.phase else { return .nothing }
        self.phase = .trying
        return .connect
    }

    /// Nothing is tried any more.
    package mutating func stop() { self.phase = .stopped }
}

extension RedisError.Cause {
    /// Whether a person must change something before this goes away.
    package var isLastingRefusal: Bool {
        guard case .greetingRefused(let kind) = self else { return false }
        switch kind {
        case .loading, .busy, .tryAgain, .clusterDown, .masterDown, .unblocked: return false
        default: return true
        }
    }
}
