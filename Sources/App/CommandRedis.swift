import Logging
import NIOPosix
import Redis
import Timing

/// A command's own connection to Redis, for as long as its work takes.
enum CommandRedis {
    /// How long an audit waits for a Redis that is being restarted, as an instance would.
    private static let patience = Duration.seconds(30)

    /// Runs `body` beside a node of its own; logs nothing.
    ///
    /// With `waiting` it first waits up to 30 s until Redis answers, and says after one second what it waits for.
    /// Whatever fails because of Redis or of a feature's rules is thrown as a ``CommandFailure``.
    static func run<Answer: Sendable>(
        _ configuration: AppConfiguration,
        waiting: (@Sendable (String) -> Void)? = nil,
        _ body: @Sendable @escaping (RedisNode) async throws -> Answer
    ) async throws -> Answer {
        let redis = RedisNode(
            configuration: configuration.redis,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "tally.redis") { _ in SwiftLogNoOpLogHandler() }
        )
        let address = configuration.redis.address
        do {
            return try await Self.beside(redis.run) {
                if let waiting {
                    try await Self.wait(for: redis) { waiting("waiting for Redis at \(address.text): \($0)") }
                }
                return try await body(redis)
            }
        } catch {
            throw CommandFailure(error, at: address, reason: redis.lastReason) ?? error as any Error
        }
    }

    private static func wait(for redis: RedisNode, _ tell: (String) -> Void) async throws {
        let start = LoopClock().now
        var hasTold = false
        while !redis.isReady, start.duration(to: LoopClock().now) < Self.patience {
            if !hasTold, start.duration(to: LoopClock().now) > .seconds(1) {
                tell(redis.lastReason)
                hasTold = true
            }
            try await Task.sleep(for: .milliseconds(10), clock: .loop)
        }
    }

    /// Runs `body` beside a service, which ends with it.
    static func beside<Answer: Sendable>(
        _ service: @Sendable @escaping () async throws -> Void,
        _ body: @Sendable @escaping () async throws -> Answer
    ) async throws -> Answer {
        try await withThrowingTaskGroup(of: Answer?.self) { group in
            group.addTask {
                try await service()
                return nil
            }
            group.addTask { try await body() }
            defer { group.cancelAll() }
            while let answer = try await group.next() {
                if let answer { return answer }
            }
            // Only when this process was asked to end.
            throw CancellationError()
        }
    }
}
