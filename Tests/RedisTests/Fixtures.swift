package import NIOCore
package import NIOPosix
package import RESP
package import Redis
package import Support

/// Runs a node for as long as `body` does, and waits until it has ended.
package func withNode<Value: Sendable>(
    _ configuration: RedisConfiguration,
    logs: CapturedLogs = CapturedLogs(),
    waitsUntilReady: Bool = true,
    eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    _ body: (RedisNode) async throws -> Value
) async throws -> Value {
    let node = RedisNode(configuration: configuration, eventLoopGroup: eventLoopGroup, logger: logs.logger())
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await node.run() }
        defer { group.cancelAll() }
        if waitsUntilReady { try await eventually("the node is ready") { node.isReady } }
        return try await body(node)
    }
}

/// Runs `body` with an event loop group of one loop, so that there is one connection.
package func withOneLoop<Value: Sendable>(
    _ body: (MultiThreadedEventLoopGroup) async throws -> Value
) async throws -> Value {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    do {
        let value = try await body(group)
        try await group.shutdownGracefully()
        return value
    } catch {
        try await group.shutdownGracefully()
        throw error
    }
}

/// A key that no other test uses.
package func freshKey(_ name: String = "key") -> String { "\(name):{\(UInt64.random(in: 0 ... .max))}" }

extension RedisConfiguration {
    /// The server that all tests share.
    package static var shared: RedisConfiguration {
        get throws { try RedisConfiguration(url: RedisServer.shared.url) }
    }
}

extension RedisClient {
    /// Sends a command; the error is untyped, because `#expect` cannot rethrow a typed one.
    package func ask(_ name: String, _ arguments: RedisArgument...) async throws -> RESPValue {
        try await self.send(RedisCommand(name, arguments), within: nil)
    }

    /// The outcome of a command.
    package func outcome(
        _ command: RedisCommand,
        within: Duration? = nil
    ) async -> Result<RESPValue, RedisError> {
        do throws(RedisError) { return .success(try await self.send(command, within: within)) } catch {
            return .failure(error)
        }
    }

    /// The outcome of a script.
    package func outcome(
        _ call: RedisScriptCall,
        within: Duration? = nil
    ) async -> Result<RESPValue, RedisError> {
        do throws(RedisError) { return .success(try await self.run(call, within: within)) } catch {
            return .failure(error)
        }
    }
}

extension Result {
    /// The error, when it is one.
    package var failure: Failure? {
        guard case .failure(let error) = self else { return nil }
        return error
    }
}

extension RedisError {
    /// The class of a refusal, when it is one.
    package var refusal: RedisRefusal.Kind? {
        guard case .refused(let refusal) = self else { return nil }
        return refusal.kind
    }
}

extension RedisNode {
    /// The outcomes of commands sent in one turn of an event loop, with nothing repeated.
    package func onLoop(
        _ commands: [RedisCommand],
        within: TimeAmount = .seconds(2),
        eventLoop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()
    ) async -> [Result<RESPValue, RedisError>] {
        await withCheckedContinuation { continuation in
            eventLoop.execute {
                let connection = self.connection(on: eventLoop)
                var outcomes = [Result<RESPValue, RedisError>?](repeating: nil, count: commands.count)
                var left = commands.count
                for (index, command) in commands.enumerated() {
                    connection.send(command, deadline: .now() + within) { outcome in
                        precondition(outcomes[index] == nil, "a completion was called twice")
                        outcomes[index] = outcome
                        left -= 1
                        if left == 0 { continuation.resume(returning: outcomes.compactMap(\.self)) }
                    }
                }
            }
        }
    }

    package func onLoop(_ command: RedisCommand) async -> Result<RESPValue, RedisError> {
        await self.onLoop([command])[0]
    }
}
