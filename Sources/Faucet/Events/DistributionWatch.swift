import Coordination
package import Logging
import RESP
package import Redis
import ServiceLifecycle
import Synchronization

/// Tells those of this process who wait for distributions what became of them.
package final class DistributionWatch: Service, Sendable {
    private let board: Board
    private let tail: StreamTail

    /// Who waits, apart from what reads for them.
    private final class Board: Sendable {
        struct State {
            var watchers: [String: [DistributionWatcher]] = [:]
            var count = 0
        }

        let state = Mutex(State())

        func tell(_ entries: [RESPValue]) {
            guard !entries.isEmpty else {
                for watchers in self.state.withLock({ $0.watchers }).values { for one in watchers { one.tell(nil) } }
                return
            }
            for news in entries.compactMap({ DistributionNews(entry: $0) }) {
                for watcher in self.state.withLock({ $0.watchers[news.id] ?? [] }) { watcher.tell(news) }
            }
        }
    }

    private let limit: Int

    /// Beyond `limit` watchers nobody may join.
    package init(node: RedisNode, limit: Int, logger: Logger) {
        let board = Board()
        self.board = board
        self.limit = limit
        self.tail = StreamTail(
            node: node,
            name: "distributions",
            streams: [FaucetKeys.events],
            logger: logger,
            isWanted: { board.state.withLock { $0.count > 0 } },
            wake: { board.tell($0) }
        )
    }

    package func run() async throws { try await self.tail.run() }

    /// Joins those who wait for a distribution; ``leave(_:)`` must follow.
    package func join(_ id: String) throws(FaucetError) -> DistributionWatcher {
        let watcher = DistributionWatcher(id)
        let hasRoom = self.board.state.withLock { state in
            guard state.count < self.limit else { return false }
            state.count += 1
            state.watchers[id, default: []].append(watcher)
            return true
        }
        guard hasRoom else { throw .tooManyWatchers }
        self.tail.begin()
        return watcher
    }

    package func leave(_ watcher: DistributionWatcher) {
        self.board.state.withLock { state in
            state.count -= 1
            state.watchers[watcher.id]?.removeAll { $0 === watcher }
            if state.watchers[watcher.id]?.isEmpty ?? false { state.watchers[watcher.id] = nil }
        }
    }
}

/// One party that waits for a distribution.
package final class DistributionWatcher: Sendable {
    fileprivate let id: String
    private let wakeUp = WakeUp()
    private let news = Mutex<DistributionNews?>(nil)

    fileprivate init(_ id: String) {
        self.id = id
    }

    /// Returns the newest news since the last return, or `nil` after `limit` or when news may have been missed.
    package func wait(atMost limit: Duration) async -> DistributionNews? {
        await self.wakeUp.wait(atMost: limit)
        return self.news.withLock { news in
            defer { news = nil }
            return news
        }
    }

    fileprivate func tell(_ news: DistributionNews?) {
        if let news { self.news.withLock { $0 = news } }
        self.wakeUp.ring()
    }
}
