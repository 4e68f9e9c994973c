import Logging
import NIOPosix
import Redis
import ServiceLifecycle

/// A command's own connection to Redis, for as long as its work takes.
enum OneShot {
    /// Runs `body` beside a node and what else it needs; logs nothing.
    static func run<Answer: Sendable>(
        _ configuration: AppConfiguration,
        _ services: @Sendable (RedisNode) -> [any Service] = { _ in [] },
        _ body: @Sendable @escaping (RedisNode) async throws -> Answer
    ) async throws -> Answer {
        let redis = RedisNode(
            configuration: configuration.redis,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "tally.redis") { _ in SwiftLogNoOpLogHandler() }
        )
        let services = [redis] + services(redis)
        return try await withThrowingTaskGroup(of: Answer?.self) { group in
            for service in services {
                group.addTask {
                    try await service.run()
                    return nil
                }
            }
            group.addTask { try await body(redis) }
            defer { group.cancelAll() }
            while let answer = try await group.next() {
                if let answer { return answer }
            }
            // Only when this process was asked to end.
            throw CancellationError()
        }
    }
}

/// What a proof prints, and what it ends with.
package struct ProofOutcome: Sendable {
    package let text: String
    package let exitCode: Int32
}
