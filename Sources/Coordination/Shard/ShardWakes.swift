package import Logging
import RESP
package import Redis
import ServiceLifecycle
import Synchronization
import Timing

/// Tells waiting requests of this process that it is some operation's turn on their account.
///
/// Reads the shards' streams of wake-ups on a connection of its own. A wake-up may be lost, with Redis or between two
/// connections: whoever waits looks again by itself, too.
package final class ShardWakes: Service, Sendable {
    private struct State {
        var waiting: [String: [Int: AsyncStream<Void>.Continuation]] = [:]
        var next = 0
    }

    private let connection: RedisPrivateConnection
    private let logger: Logger
    private let state = Mutex(State())
    private static let block = Duration.seconds(1)

    package init(node: RedisNode, logger: Logger) {
        self.connection = node.privateConnection(name: "wake")
        self.logger = logger
    }

    /// One party's place among those who wait for an account, from before it looks until it has what it wants.
    package struct Waiter: Sendable {
        fileprivate let account: String
        fileprivate let number: Int
        fileprivate let wakes: AsyncStream<Void>

        /// Returns when the account is woken, was woken since the last return, or `limit` is over.
        package func wait(atMost limit: Duration) async {
            let wakes = self.wakes
            await withTaskGroup { group in
                group.addTask {
                    var iterator = wakes.makeAsyncIterator()
                    _ = await iterator.next(isolation: nil)
                }
                group.addTask { try? await Task.sleep(for: limit, clock: .loop) }
                await group.next()
                group.cancelAll()
            }
        }
    }

    /// Joins those who wait for an account; ``leave(_:)`` must follow.
    package func join(_ account: String) -> Waiter {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let number = self.state.withLock { state in
            state.next += 1
            state.waiting[account, default: [:]][state.next] = continuation
            return state.next
        }
        return Waiter(account: account, number: number, wakes: stream)
    }

    package func leave(_ waiter: Waiter) {
        self.state.withLock { state in
            state.waiting[waiter.account]?[waiter.number] = nil
            if state.waiting[waiter.account]?.isEmpty ?? false { state.waiting[waiter.account] = nil }
        }
    }

    /// Reads wake-ups until graceful shutdown or cancellation.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.connection.run() }
            group.addTask { await cancelWhenGracefulShutdown { await self.read() } }
            while try await group.next() != nil {}
        }
    }

    private func read() async {
        let keys = Shard.all.map(ShardKeys.wake)
        var last: [String: String] = [:]
        while !Task.isCancelled {
            do {
                if last.isEmpty { last = try await self.start(keys) }
                var arguments: [RedisArgument] = ["BLOCK", .integer(Int(Self.block / .milliseconds(1))), "STREAMS"]
                arguments += keys.map { .key($0) }
                arguments += keys.map { .text(last[$0] ?? "0-0") }
                let reply = try await self.connection.send(
                    RedisCommand("XREAD", arguments).blocking(for: Self.block),
                    within: .seconds(1)
                )
                for stream in reply.array ?? [] {
                    guard let parts = stream.array, parts.count == 2, let key = parts[0].string else { continue }
                    for entry in parts[1].array ?? [] {
                        guard let fields = entry.array, fields.count == 2 else { continue }
                        last[key] = fields[0].string
                        if let account = fields[1].array?.dropFirst().first?.string { self.wake(account) }
                    }
                }
            } catch {
                // What came meanwhile is not read again: everyone looks by itself.
                last = [:]
                self.wakeAll()
                self.logger.debug("Wake-ups not read", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .milliseconds(200), clock: .loop)
            }
        }
    }

    /// Where each stream ends now.
    private func start(_ keys: [String]) async throws(RedisError) -> [String: String] {
        let time = try await self.connection.send(RedisCommand("TIME"))
        let now = ServerTime(timeReply: time)?.milliseconds ?? 0
        return Dictionary(uniqueKeysWithValues: keys.map { ($0, "\(max(now - 1, 0))-0") })
    }

    private func wake(_ account: String) {
        for waiter in self.state.withLock({ $0.waiting[account] ?? [:] }).values { waiter.yield() }
    }

    private func wakeAll() {
        for waiters in self.state.withLock({ $0.waiting }).values { for waiter in waiters.values { waiter.yield() } }
    }
}
