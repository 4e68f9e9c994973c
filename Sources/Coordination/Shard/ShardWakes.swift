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
        /// By account, then by operation: several requests may wait for one operation.
        var waiting: [String: [Waiter]] = [:]
    }

    private let connection: RedisPrivateConnection
    private let logger: Logger
    private let state = Mutex(State())
    private static let block = Duration.seconds(1)

    package init(node: RedisNode, logger: Logger) {
        self.connection = node.privateConnection(name: "wake")
        self.logger = logger
    }

    /// Joins those who wait for an account with an operation; ``leave(_:)`` must follow.
    package func join(_ account: String, operation: String) -> Waiter {
        let waiter = Waiter(account: account, operation: operation)
        self.state.withLock { $0.waiting[account, default: []].append(waiter) }
        return waiter
    }

    package func leave(_ waiter: Waiter) {
        self.state.withLock { state in
            state.waiting[waiter.account]?.removeAll { $0 === waiter }
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
                        let words = (fields[1].array ?? []).map { $0.string ?? "" }
                        if words.count == 4 { self.wake(words[1], words[3]) }
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

    /// Wakes those who wait for the operation; when nobody here does, one of the account, who then looks for all.
    private func wake(_ account: String, _ operation: String) {
        let waiting = self.state.withLock { $0.waiting[account] ?? [] }
        let own = waiting.filter { $0.operation == operation }
        for waiter in own.isEmpty ? waiting.prefix(1) : own[...] { waiter.wakeUp.ring() }
    }

    private func wakeAll() {
        for waiters in self.state.withLock({ $0.waiting }).values { for waiter in waiters { waiter.wakeUp.ring() } }
    }
}

/// One party's place among those who wait for an account, from before it looks until it has what it wants.
package final class Waiter: Sendable {
    fileprivate let account: String
    fileprivate let operation: String
    fileprivate let wakeUp = WakeUp()

    fileprivate init(account: String, operation: String) {
        self.account = account
        self.operation = operation
    }

    /// Returns when the party is woken, was woken since the last return, or `limit` is over.
    ///
    /// One at a time.
    package func wait(atMost limit: Duration) async { await self.wakeUp.wait(atMost: limit) }
}
