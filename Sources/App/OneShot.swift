import Logging
import NIOPosix
import Redis

/// A command's own connection to Redis, for as long as its work takes.
enum OneShot {
    /// Runs `body` beside a node of its own; logs nothing.
    static func run<Answer: Sendable>(
        _ configuration: AppConfiguration,
        _ body: @Sendable @escaping (RedisNode) async throws -> Answer
    ) async throws -> Answer {
        let redis = RedisNode(
            configuration: configuration.redis,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "tally.redis") { _ in SwiftLogNoOpLogHandler() }
        )
        return try await withThrowingTaskGroup(of: Answer?.self) { group in
            group.addTask {
                try await redis.run()
                return nil
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
