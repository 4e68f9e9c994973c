private import NIOCore
private import NIOPosix

/// A question whose answer shows that a child does its work.
package enum ReadinessProbe: Hashable, Sendable {
    /// `PING` is answered with `PONG`, which Redis does once its data is loaded.
    case redis(port: Int)
    /// `GET path` is answered with 200.
    case http(port: Int, path: String)
    /// Somebody takes the connection.
    case tcp(host: String, port: Int)
    /// Nothing to ask: launched is ready.
    case none

    private static let interval = Duration.milliseconds(25)
    private static let timeout = Duration.seconds(1)

    /// Asks until the answer is right; false when it was not within the time, or when the task is cancelled.
    package func succeeds(within limit: Duration) async -> Bool {
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        while clock.now < deadline, !Task.isCancelled {
            if await self.isAnswered() { return true }
            // A cancelled sleep ends the loop by its condition.
            try? await Task.sleep(for: Self.interval)
        }
        return false
    }

    private func isAnswered() async -> Bool {
        switch self {
        case .redis(let port):
            await Self.ask("PING\r\n", host: "127.0.0.1", port: port, expecting: "+PONG")
        case .http(let port, let path):
            await Self.ask(
                "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\r\n",
                host: "127.0.0.1",
                port: port,
                expecting: "HTTP/1.1 200"
            )
        case .tcp(let host, let port):
            await Self.ask("", host: host, port: port, expecting: "")
        case .none: true
        }
    }

    private static func ask(_ question: String, host: String, port: Int, expecting answer: String) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                // Whatever goes wrong, the child is not ready yet.
                (try? await Self.exchange(question, host: host, port: port, expecting: answer)) ?? false
            }
            group.addTask {
                // Cancelled when the answer is there first.
                try? await Task.sleep(for: Self.timeout)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }

    private static func exchange(
        _ question: String,
        host: String,
        port: Int,
        expecting answer: String
    ) async throws -> Bool {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(.milliseconds(500))
            .connect(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            if answer.isEmpty { return true }
            try await outbound.write(ByteBuffer(string: question))
            var received = ""
            for try await part in inbound {
                received += String(buffer: part)
                if received.utf8.count >= answer.utf8.count { return received.hasPrefix(answer) }
            }
            return false
        }
    }
}
