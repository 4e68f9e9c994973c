import Synchronization
import Timing

/// One party that sleeps until it is woken, again and again.
package final class WakeUp: Sendable {
    private struct State {
        var isWoken = false
        var sleeper: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    package init() {}

    /// Returns when the party is woken, was woken since the last return, or `limit` is over.
    ///
    /// One at a time.
    package func wait(atMost limit: Duration) async {
        await withTaskGroup { group in
            group.addTask { await self.untilWoken() }
            group.addTask {
                try? await Task.sleep(for: limit, clock: .loop)
                self.ring()
            }
            await group.next()
            group.cancelAll()
        }
        // The waiter looks after this returns, which also serves a wake-up that came meanwhile.
        self.state.withLock { $0.isWoken = false }
    }

    /// The same without a limit: somebody must be sure to ring, for cancelling does not end it.
    package func wait() async {
        await self.untilWoken()
        self.state.withLock { $0.isWoken = false }
    }

    package func ring() {
        let sleeper = self.state.withLock { state in
            state.isWoken = true
            defer { state.sleeper = nil }
            return state.sleeper
        }
        sleeper?.resume()
    }

    private func untilWoken() async {
        await withCheckedContinuation { continuation in
            let isWoken = self.state.withLock { state in
                if !state.isWoken { state.sleeper = continuation }
                return state.isWoken
            }
            if isWoken { continuation.resume() }
        }
    }
}
