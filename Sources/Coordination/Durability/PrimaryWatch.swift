package import Redis
import ServiceLifecycle
import Timing

/// Sees to it that no connection stays with a server that is a primary no longer.
package struct PrimaryWatch: Service {
    private let node: RedisNode
    private let interval: Duration

    /// `interval` is how long a demoted server may still answer reads; default 1 s.
    package init(_ node: RedisNode, interval: Duration = .seconds(1)) {
        self.node = node
        self.interval = interval
    }

    /// Asks until graceful shutdown or cancellation.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            // Only cancellation ends a sleep early.
            while (try? await Task.sleep(for: self.interval, clock: .loop)) != nil { self.node.leaveReplicas() }
        }
    }
}
