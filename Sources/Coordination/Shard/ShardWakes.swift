package import Logging
import RESP
package import Redis
import ServiceLifecycle
import Synchronization

/// Tells waiting requests of this process that it is some operation's turn on their account.
///
/// Reads the shards' streams of wake-ups on a connection of its own. A wake-up may be lost, with Redis or between two
/// connections: a waiting request looks again by itself, too.
package final class ShardWakes: Service, Sendable {
    /// The waiters, apart from the tasks that read for them: by account, then by operation, for which several may wait.
    private final class Board: Sendable {
        let waiting = Mutex<[String: [Waiter]]>([:])

        /// Wakes those who wait for the operation; when nobody here does, one of the account, who then looks for all.
        func wake(_ account: String, _ operation: String) {
            let waiting = self.waiting.withLock { $0[account] ?? [] }
            let own = waiting.filter { $0.operation == operation }
            for waiter in own.isEmpty ? waiting.prefix(1) : own[...] { waiter.wakeUp.ring() }
        }

        func wakeAll() {
            for waiters in self.waiting.withLock(\.self).values { for waiter in waiters { waiter.wakeUp.ring() } }
        }
    }

    private let board: Board
    private let tail: StreamTail

    package init(node: RedisNode, logger: Logger) {
        let board = Board()
        self.board = board
        self.tail = StreamTail(
            node: node,
            name: "wake",
            streams: Shard.all.map(ShardKeys.wake),
            logger: logger,
            isWanted: { true },
            wake: { entries in
                if entries.isEmpty { board.wakeAll() }
                for entry in entries {
                    let words = (entry.array?.last?.array ?? []).map { $0.string ?? "" }
                    if words.count == 4 { board.wake(words[1], words[3]) }
                }
            }
        )
        self.tail.begin()
    }

    /// Joins those who wait for an account with an operation; ``leave(_:)`` must follow.
    package func join(_ account: String, operation: String) -> Waiter {
        let waiter = Waiter(account: account, operation: operation)
        self.board.waiting.withLock { $0[account, default: []].append(waiter) }
        return waiter
    }

    package func leave(_ waiter: Waiter) {
        self.board.waiting.withLock { waiting in
            waiting[waiter.account]?.removeAll { $0 === waiter }
            if waiting[waiter.account]?.isEmpty ?? false { waiting[waiter.account] = nil }
        }
    }

    /// Reads wake-ups until graceful shutdown or cancellation.
    package func run() async throws { try await self.tail.run() }
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
