import Coordination
package import Logging
import RESP
package import Redis
import ServiceLifecycle
import Synchronization
import Timing
package import Web

/// Tells those of this process who wait for distributions what became of them.
package final class DistributionWatch: Service, Sendable {
    private let board: Board
    private let tail: StreamTail

    /// The waiters, apart from the task that reads for them.
    private final class Board: Sendable {
        struct State {
            var watchers: [String: [DistributionWatcher]] = [:]
        }

        let state = Mutex(State())

        func tell(_ entries: [RESPValue]) {
            guard !entries.isEmpty else { return self.wakeAll() }
            // Most of it is for other instances: it is not even read.
            let watched = self.state.withLock { state in
                entries.compactMap { entry in
                    DistributionNews.id(of: entry).flatMap { state.watchers[$0] }.map { (entry, $0) }
                }
            }
            for (entry, watchers) in watched {
                guard let news = DistributionNews(entry: entry) else { continue }
                for watcher in watchers { watcher.tell(news) }
            }
        }

        func wakeAll() {
            for watchers in self.state.withLock({ $0.watchers }).values { for one in watchers { one.tell(nil) } }
        }
    }

    private let places: CallerPlaces
    /// One clock for all who wait: a timer for each would be most of the cost of waiting.
    private static let tick = Duration.milliseconds(250)

    /// Beyond `limit` watchers, and beyond `share` of one caller, nobody may join.
    package init(node: RedisNode, limit: Int, share: Int, logger: Logger) {
        let board = Board()
        let places = CallerPlaces(limit: limit, share: share)
        self.board = board
        self.places = places
        self.tail = StreamTail(
            node: node,
            name: "distributions",
            streams: [FaucetKeys.events],
            logger: logger,
            isWanted: { places.count > 0 },
            wake: { board.tell($0) }
        )
    }

    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.tail.run() }
            group.addTask {
                await cancelWhenGracefulShutdown {
                    while !Task.isCancelled {
                        try? await Task.sleep(for: Self.tick, clock: .loop)
                        self.board.wakeAll()
                    }
                }
                // Callers that still wait see that the process drains.
                self.board.wakeAll()
            }
            while try await group.next() != nil {}
        }
    }

    /// Joins those who wait for a distribution; ``leave(_:)`` must follow.
    package func join(_ id: String, for caller: Caller) throws(FaucetError) -> DistributionWatcher {
        guard self.places.enter(caller) else { throw .tooManyWatchers }
        let watcher = DistributionWatcher(id, caller)
        self.board.state.withLock { $0.watchers[id, default: []].append(watcher) }
        self.tail.begin()
        return watcher
    }

    package func leave(_ watcher: DistributionWatcher) {
        self.places.leave(watcher.caller)
        self.board.state.withLock { state in
            state.watchers[watcher.id]?.removeAll { $0 === watcher }
            if state.watchers[watcher.id]?.isEmpty ?? false { state.watchers[watcher.id] = nil }
        }
    }
}

/// One party that waits for a distribution.
package final class DistributionWatcher: Sendable {
    fileprivate let id: String
    fileprivate let caller: Caller
    private let wakeUp = WakeUp()
    private let news = Mutex<DistributionNews?>(nil)

    fileprivate init(_ id: String, _ caller: Caller) {
        self.id = id
        self.caller = caller
    }

    /// Returns the newest news since the last return, or `nil` several times a second and when news may have been
    /// missed.
    package func wait() async -> DistributionNews? {
        await self.wakeUp.wait()
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
