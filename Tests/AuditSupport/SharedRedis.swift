import Logging
import NIOPosix
package import Redis
import Support
import Synchronization

/// One real Redis for all tests of a suite, each of which has a database of its own.
package final class SharedRedis: Sendable {
    private let databases: Int
    private let server: RedisServer
    private let taken = Mutex(0)

    /// At most `databases` tests can use it.
    package init(databases: Int) {
        self.databases = databases
        var options = RedisServer.Options()
        options.arguments = ["--databases", "\(databases)"]
        do { self.server = try RedisServer(options) } catch { preconditionFailure("no Redis for the tests: \(error)") }
    }

    /// Runs `body` beside a client of the next empty database.
    package func withDatabase(_ body: @Sendable @escaping (RedisNode) async throws -> Void) async throws {
        let number = self.taken.withLock { taken in
            taken += 1
            return taken
        }
        precondition(number < self.databases, "a suite needs more databases than it asked for")
        let node = RedisNode(
            configuration: try RedisConfiguration(url: "redis://127.0.0.1:\(self.server.port)/\(number)"),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await node.run() }
            group.addTask {
                try await eventually { node.isReady }
                try await body(node)
                throw Finished()
            }
            do { while try await group.next() != nil {} } catch is Finished {}
            group.cancelAll()
        }
    }

    private struct Finished: Error {}
}
