package import Logging
package import Metrics
import Synchronization

/// The state that all connections of one node show to the rest of the process: readiness, last failure, lines in the
/// log.
package final class ConnectionBoard: Sendable {
    private struct State {
        var outage = OutageMachine()
        var ready: Set<Int> = []
        var lastFailure: RedisError?
        var lastReason = ""
        var nextIdentifier = 0
    }

    private let state = Mutex(State())
    private let logger: Logger
    package let metricsFactory: any MetricsFactory

    package init(logger: Logger, metricsFactory: any MetricsFactory) {
        self.logger = logger
        self.metricsFactory = metricsFactory
    }

    /// A number for a new connection.
    package func register() -> Int {
        self.state.withLock { state in
            state.nextIdentifier += 1
            return state.nextIdentifier
        }
    }

    package func isReady(_ connections: some Collection<Int>) -> Bool {
        self.state.withLock { state in connections.allSatisfy(state.ready.contains) }
    }

    /// The latest failure, until every connection works again.
    package var lastFailure: RedisError? { self.state.withLock(\.lastFailure) }

    /// The system's or the peer's words at the latest failure, printable and few, or nothing.
    package var lastReason: String { self.state.withLock(\.lastReason) }

    package func failed(_ connection: Int, because cause: RedisError.Cause, detail: String) {
        let reason = LoggedText.printable(detail, limit: 200)
        let isNews = self.state.withLock { state in
            state.lastReason = reason
            state.ready.remove(connection)
            state.lastFailure = .notSent(cause)
            return state.outage.failed(connection, because: cause)
        }
        guard isNews else { return }
        self.logger.log(
            level: cause.isLastingRefusal || cause == .untrusted ? .error : .warning,
            "Redis connection failed",
            metadata: ["cause": "\(cause.label)", "detail": "\(reason)"]
        )
    }

    package func recovered(_ connection: Int) {
        let isOver = self.state.withLock { state in
            state.ready.insert(connection)
            let isOver = state.outage.recovered(connection)
            if isOver { state.lastFailure = nil }
            return isOver
        }
        if isOver { self.logger.notice("Redis connection works again") }
    }

    /// The connection was closed because the process wants it so.
    package func ended(_ connection: Int) {
        self.state.withLock { state in _ = state.ready.remove(connection) }
    }
}
