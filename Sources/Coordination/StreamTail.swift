package import Logging
package import RESP
package import Redis
import ServiceLifecycle
import Timing

/// Reads what is appended to streams, on a connection of its own, while somebody wants it.
///
/// Entries that arrive while nobody wants them, or between two connections, are not read: a tail is for wake-ups and
/// news, and its waiters look by themselves, too.
package final class StreamTail: Service, Sendable {
    private let connection: RedisPrivateConnection
    private let streams: [String]
    private let logger: Logger
    private let isWanted: @Sendable () -> Bool
    private let wake: @Sendable (_ entries: [RESPValue]) -> Void
    private let wants: AsyncStream<Void>
    private let want: AsyncStream<Void>.Continuation
    private static let block = Duration.milliseconds(500)
    /// Reads that find nobody who wants entries, until it stops.
    private static let idleLimit = 10

    /// `wake` gets the entries of one read, and none after entries may have been missed.
    package init(
        node: RedisNode,
        name: String,
        streams: [String],
        logger: Logger,
        isWanted: @escaping @Sendable () -> Bool,
        wake: @escaping @Sendable (_ entries: [RESPValue]) -> Void
    ) {
        self.connection = node.privateConnection(name: name)
        self.streams = streams
        self.logger = logger
        self.isWanted = isWanted
        self.wake = wake
        (self.wants, self.want) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Says that somebody wants entries: that `isWanted` has become true.
    package func begin() { self.want.yield() }

    /// Reads until graceful shutdown or cancellation.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.connection.run() }
            group.addTask { await cancelWhenGracefulShutdown { await self.read() } }
            while try await group.next() != nil {}
        }
    }

    private func read() async {
        for await _ in self.wants {
            var last: [String: String] = [:]
            var idleReads = 0
            // The next one who wants entries often comes soon.
            while !Task.isCancelled, idleReads < Self.idleLimit {
                last = await self.readOnce(last)
                idleReads = self.isWanted() ? 0 : idleReads + 1
            }
        }
    }

    /// Returns up to where each stream is read; nothing when that is unknown.
    private func readOnce(_ known: [String: String]) async -> [String: String] {
        var last = known
        do {
            if last.isEmpty {
                let now = ServerTime(timeReply: try await self.connection.send(RedisCommand("TIME")))
                for key in self.streams { last[key] = "\(max((now?.milliseconds ?? 0) - 1, 0))-0" }
                // A waiter that looked before this moment may have missed something.
                self.wake([])
            }
            var arguments: [RedisArgument] = ["BLOCK", .integer(Int(Self.block / .milliseconds(1))), "STREAMS"]
            arguments += self.streams.map { .key($0) }
            arguments += self.streams.map { .text(last[$0] ?? "0-0") }
            let reply = try await self.connection.send(
                RedisCommand("XREAD", arguments).blocking(for: Self.block),
                within: .seconds(1)
            )
            for stream in reply.array ?? [] {
                guard let parts = stream.array, parts.count == 2, let key = parts[0].string else { continue }
                let entries = parts[1].array ?? []
                if let newest = entries.last?.array?.first?.string { last[key] = newest }
                self.wake(entries)
            }
        } catch {
            last = [:]
            self.wake([])
            self.logger.debug("Streams not read", metadata: ["error": "\(error)"])
            try? await Task.sleep(for: .milliseconds(200), clock: .loop)
        }
        return last
    }
}
