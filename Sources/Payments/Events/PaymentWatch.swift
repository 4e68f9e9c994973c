import Coordination
import Ledger
package import Logging
import RESP
package import Redis
import ServiceLifecycle
import Synchronization
import Timing

/// Wakes those of this process who wait for payments: long polls and event streams.
///
/// It reads the shards' events on a connection of its own, and only while somebody waits. A wake-up is a hint and may
/// be lost; whoever waits looks by itself every second, too.
package final class PaymentWatch: Service, Sendable {
    private struct State {
        /// By payment's or account's id.
        var watchers: [String: [Watcher]] = [:]
        var count = 0
    }

    private let connection: RedisPrivateConnection
    private let limit: Int
    private let logger: Logger
    private let state = Mutex(State())
    private let joined: AsyncStream<Void>
    private let joiner: AsyncStream<Void>.Continuation
    private static let block = Duration.milliseconds(500)

    /// Beyond `limit` watchers nobody may join.
    package init(node: RedisNode, limit: Int, logger: Logger) {
        self.connection = node.privateConnection(name: "events")
        self.limit = limit
        self.logger = logger
        (self.joined, self.joiner) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Joins those who wait for a payment's or an account's events; ``leave(_:)`` must follow.
    package func join(_ key: String) throws(PaymentsError) -> Watcher {
        let watcher = Watcher(key)
        let hasRoom = self.state.withLock { state in
            guard state.count < self.limit else { return false }
            state.count += 1
            state.watchers[key, default: []].append(watcher)
            return true
        }
        guard hasRoom else { throw .tooManyWatchers }
        self.joiner.yield()
        return watcher
    }

    /// Whether somebody may join.
    package var hasRoom: Bool { self.state.withLock { $0.count < self.limit } }

    package func leave(_ watcher: Watcher) {
        self.state.withLock { state in
            state.count -= 1
            state.watchers[watcher.key]?.removeAll { $0 === watcher }
            if state.watchers[watcher.key]?.isEmpty ?? false { state.watchers[watcher.key] = nil }
        }
    }

    /// Reads events until graceful shutdown or cancellation.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.connection.run() }
            group.addTask { await cancelWhenGracefulShutdown { await self.read() } }
            while try await group.next() != nil {}
        }
    }

    private func read() async {
        for await _ in self.joined {
            var last: [String: String] = [:]
            while !Task.isCancelled, self.state.withLock({ $0.count > 0 }) { last = await self.readOnce(last) }
        }
    }

    private func readOnce(_ last: [String: String]) async -> [String: String] {
        var last = last
        do {
            let keys = Shard.all.map(PaymentKeys.events)
            if last.isEmpty {
                let now = ServerTime(timeReply: try await self.connection.send(RedisCommand("TIME")))
                for key in keys { last[key] = "\(max((now?.milliseconds ?? 0) - 1, 0))-0" }
            }
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
                    last[key] = entry.array?.first?.string
                    if let event = PaymentEvent(entry: entry) { self.wake(event) }
                }
            }
        } catch {
            last = [:]
            self.logger.debug("Events not read", metadata: ["error": "\(error)"])
            try? await Task.sleep(for: .milliseconds(200), clock: .loop)
        }
        return last
    }

    private func wake(_ event: PaymentEvent) {
        let watchers = self.state.withLock {
            ($0.watchers[event.payment.text] ?? []) + ($0.watchers[event.account.id] ?? [])
        }
        for watcher in watchers { watcher.wakeUp.ring() }
    }
}

/// One party that waits for events.
package final class Watcher: Sendable {
    fileprivate let key: String
    fileprivate let wakeUp = WakeUp()

    fileprivate init(_ key: String) {
        self.key = key
    }

    /// Returns when something happened since the last return, or after `limit`.
    package func wait(atMost limit: Duration) async { await self.wakeUp.wait(atMost: limit) }
}
