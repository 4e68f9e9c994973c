import Logging
import NIOPosix
import Redis

/// A command's own connection to Redis, for as long as its work takes.
enum OneShot {
    /// Runs `body` beside a node of its own; logs nothing.
    ///
    /// Whatever fails because of Redis or of a feature's rules is thrown as a ``CommandFailure``.
    static func run<Answer: Sendable>(
        _ configuration: AppConfiguration,
        _ body: @Sendable @escaping (RedisNode) async throws -> Answer
    ) async throws -> Answer {
        let redis = RedisNode(
            configuration: configuration.redis,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "tally.redis") { _ in SwiftLogNoOpLogHandler() }
        )
        do { return try await Self.run(redis, body) } catch {
            let address = configuration.redis.address
            throw CommandFailure(error, at: address, reason: redis.lastReason) ?? error as any Error
        }
    }

    private static func run<Answer: Sendable>(
        _ redis: RedisNode,
        _ body: @Sendable @escaping (RedisNode) async throws -> Answer
    ) async throws -> Answer {
        try await withThrowingTaskGroup(of: Answer?.self) { group in
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

/// What a proof prints, and what it found.
package struct ProofOutcome: Sendable {
    package enum Verdict: Hashable, Sendable {
        case right
        case violated
        /// Nothing is violated, but not all could be told.
        case undecided
    }

    package let text: String
    package let verdict: Verdict

    /// `code` is that of a report: 0, 1 or 3.
    init(text: String, code: Int32) {
        self.text = text
        self.verdict = code == 0 ? .right : code == 3 ? .undecided : .violated
    }
}
