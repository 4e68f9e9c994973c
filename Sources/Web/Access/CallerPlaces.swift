import Synchronization

/// Places that requests keep for as long as they wait: a number in all, and of those a share for each caller.
///
/// Without the share one caller's streams keep every other one out. Callers without a key are one and have no share of
/// their own: nobody knows who they are, and where keys are asked for they have no place at all.
package final class CallerPlaces: Sendable {
    private struct State {
        var count = 0
        var byCaller: [String: Int] = [:]
    }

    private let limit: Int
    private let share: Int
    private let state = Mutex(State())

    /// Both at least 1; a share of more than `limit` is none.
    package init(limit: Int, share: Int) {
        self.limit = limit
        self.share = share
    }

    package var count: Int { self.state.withLock { $0.count } }

    /// Whether ``enter(_:)`` would give a place now.
    package func hasRoom(for caller: Caller) -> Bool { self.state.withLock { self.hasRoom(for: caller, in: $0) } }

    /// Takes a place; every `true` is followed by one ``leave(_:)``.
    package func enter(_ caller: Caller) -> Bool {
        self.state.withLock { state in
            guard self.hasRoom(for: caller, in: state) else { return false }
            state.count += 1
            if caller != .anonymous { state.byCaller[caller.name, default: 0] += 1 }
            return true
        }
    }

    package func leave(_ caller: Caller) {
        self.state.withLock { state in
            state.count -= 1
            guard caller != .anonymous, let taken = state.byCaller[caller.name] else { return }
            state.byCaller[caller.name] = taken > 1 ? taken - 1 : nil
        }
    }

    private func hasRoom(for caller: Caller, in state: State) -> Bool {
        guard state.count < self.limit else { return false }
        return caller == .anonymous || state.byCaller[caller.name, default: 0] < self.share
    }
}
