import Coordination
import Ledger
package import Logging
package import Redis
import ServiceLifecycle
import Synchronization
package import Web

/// Wakes those of this process who wait for payments: long polls and event streams.
///
/// A wake-up is a hint and may be lost; whoever waits looks by itself every second, too.
package final class PaymentWatch: Service, Sendable {
    private struct State {
        /// By payment's or account's id.
        var watchers: [String: [Watcher]] = [:]
    }

    /// The watchers, apart from the tail that reads for them.
    private final class Board: Sendable {
        let state = Mutex(State())

        func wake(_ event: PaymentEvent) {
            let watchers = self.state.withLock {
                ($0.watchers[event.payment.text] ?? []) + ($0.watchers[event.account.id] ?? [])
            }
            for watcher in watchers { watcher.wakeUp.ring() }
        }
    }

    private let board: Board
    private let tail: StreamTail
    private let places: CallerPlaces

    /// Beyond `limit` watchers, and beyond `share` of one caller, nobody may join.
    package init(node: RedisNode, limit: Int, share: Int, logger: Logger) {
        let board = Board()
        let places = CallerPlaces(limit: limit, share: share)
        self.board = board
        self.places = places
        self.tail = StreamTail(
            node: node,
            name: "events",
            streams: Shard.all.map(PaymentKeys.events),
            logger: logger,
            isWanted: { places.count > 0 },
            wake: { entries in
                for event in entries.compactMap({ PaymentEvent(entry: $0) }) { board.wake(event) }
            }
        )
    }

    /// Joins those who wait for a payment's or an account's events; ``leave(_:)`` must follow.
    package func join(_ key: String, for caller: Caller) throws(PaymentsError) -> Watcher {
        guard self.places.enter(caller) else { throw .tooManyWatchers }
        let watcher = Watcher(key, caller)
        self.board.state.withLock { $0.watchers[key, default: []].append(watcher) }
        self.tail.begin()
        return watcher
    }

    /// Whether this caller may join.
    package func hasRoom(for caller: Caller) -> Bool { self.places.hasRoom(for: caller) }

    package func leave(_ watcher: Watcher) {
        self.places.leave(watcher.caller)
        self.board.state.withLock { state in
            state.watchers[watcher.key]?.removeAll { $0 === watcher }
            if state.watchers[watcher.key]?.isEmpty ?? false { state.watchers[watcher.key] = nil }
        }
    }

    /// Reads events until graceful shutdown or cancellation.
    package func run() async throws { try await self.tail.run() }
}

/// One party that waits for events.
package final class Watcher: Sendable {
    fileprivate let key: String
    fileprivate let caller: Caller
    fileprivate let wakeUp = WakeUp()

    fileprivate init(_ key: String, _ caller: Caller) {
        self.key = key
        self.caller = caller
    }

    /// Returns when something happened since the last return, or after `limit`.
    package func wait(atMost limit: Duration) async { await self.wakeUp.wait(atMost: limit) }
}
