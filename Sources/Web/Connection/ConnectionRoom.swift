import HummingbirdCore
import Logging
import Metrics
import NIOCore
import Synchronization

/// The limit on a listener's open connections; when it is reached, idle connections give way to new ones.
///
/// Beyond the limit connections stand in the listen queue, unseen. Without eviction, idle clients could fill the limit
/// until their time-outs expire. `http_server_connections{listener}` and `http_server_connection_limit{listener}` tell
/// how many are open, and may be.
final class ConnectionRoom: AvailableConnectionsDelegate {
    /// Between two log lines: 10 s.
    private static let logInterval = TimeAmount.seconds(10)

    /// The room for answers that wait to leave.
    let answers: AnswerRoom
    private let limit: Int
    private let streamLimit: Int
    private let logger: Logger
    private let yieldedCounter = Counter(label: "http_server_yielded_connections_total")
    private let gauge: Gauge
    private let count = Atomic<Int>(0)
    private let streams = Atomic<Int>(0)
    private let loggedAt = Mutex<NIODeadline?>(nil)
    private let rosters = Mutex<[NIOLoopBound<ConnectionRoster>]>([])

    init(_ listener: String, _ configuration: WebConfiguration, logger: Logger) {
        self.limit = configuration.connectionLimit
        self.streamLimit = configuration.openStreamLimit
        self.answers = AnswerRoom(listener, limit: configuration.waitingAnswerLimit)
        self.logger = logger
        self.gauge = Gauge(label: "http_server_connections", dimensions: [("listener", listener)])
        self.gauge.record(0)
        Gauge(label: "http_server_connection_limit", dimensions: [("listener", listener)]).record(self.limit)
    }

    var isFull: Bool { self.count.load(ordering: .relaxed) >= self.limit }

    /// Adds the connections of one event loop.
    func add(_ roster: NIOLoopBound<ConnectionRoster>) { self.rosters.withLock { $0.append(roster) } }

    func connectionOpened() { self.gauge.record(self.count.add(1, ordering: .relaxed).newValue) }

    func connectionClosed() { self.gauge.record(self.count.subtract(1, ordering: .relaxed).newValue) }

    func isAcceptingNewConnections() -> Bool {
        guard self.isFull else { return true }
        for roster in self.rosters.withLock({ $0 }) { roster.eventLoop.execute { roster.value.makeRoom() } }
        return false
    }

    // MARK: Streams and answers

    /// Takes one of the places of streams; every `true` is followed by one ``leaveStream()``.
    func enterStream() -> Bool {
        guard self.streams.add(1, ordering: .relaxed).newValue <= self.streamLimit else {
            self.leaveStream()
            return false
        }
        return true
    }

    func leaveStream() { self.streams.subtract(1, ordering: .relaxed) }

    /// Takes room for bytes of an answer that is ready; returns whether there is any.
    ///
    /// Every `true` is followed by one ``AnswerRoom/giveBack(_:)``.
    func takeAnswer(_ count: Int) -> Bool {
        let isTaken = self.answers.take(count)
        guard self.answers.isOverfull || !isTaken else { return true }
        for roster in self.rosters.withLock({ $0 }) { roster.eventLoop.execute { roster.value.dropUnread() } }
        return isTaken
    }

    /// Counts connections that were closed to let others in, and logs it now and then.
    func yielded(_ count: Int) {
        guard count > 0 else { return }
        self.yieldedCounter.increment(by: count)
        let now = NIODeadline.now()
        let isDue = self.loggedAt.withLock { loggedAt in
            if let last = loggedAt, now < last + Self.logInterval { return false }
            loggedAt = now
            return true
        }
        guard isDue else { return }
        self.logger.warning(
            "As many connections are open as may be: those that only wait are closed",
            metadata: ["limit": "\(self.limit)", "closed": "\(count)"]
        )
    }
}
