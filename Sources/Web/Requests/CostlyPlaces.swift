import DequeModule
import Synchronization

/// Places for requests that read or make so much that others would feel it; they are at work off the event loops.
///
/// A request that finds no place waits for one, first come, first served; beyond a number that wait, further ones are
/// refused. They take none of the places of other requests, so that a crowd of them keeps nobody else out.
package final class CostlyPlaces: Sendable {
    /// Too many wait.
    package struct Full: Error {}

    private struct Waiter {
        let number: UInt64
        let turn: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var free: Int
        var number: UInt64 = 0
        var waiters: Deque<Waiter> = []
    }

    private let waitLimit: Int
    private let state: Mutex<State>

    /// `limit` requests are at work, and 16 times as many wait.
    package init(limit: Int) {
        self.waitLimit = 16 * limit
        self.state = Mutex(State(free: limit))
    }

    /// Whether all places are taken.
    package var isTaken: Bool { self.state.withLock { $0.free == 0 } }

    /// How many wait now.
    package var waiting: Int { self.state.withLock { $0.waiters.count } }

    /// Does the work when there is a place; throws ``Full`` when too many wait.
    package func run<Answer: Sendable>(
        _ work: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        try await self.enter()
        defer { self.leave() }
        return try await withTaskExecutorPreference(globalConcurrentExecutor) { try await work() }
    }

    private enum Entry {
        case taken
        case refused
        case waiting(UInt64)
    }

    private func enter() async throws {
        let entry = self.state.withLock { state -> Entry in
            if state.free > 0 {
                state.free -= 1
                return .taken
            }
            guard state.waiters.count < self.waitLimit else { return .refused }
            state.number += 1
            return .waiting(state.number)
        }
        switch entry {
        case .taken: return
        case .refused: throw Full()
        case .waiting(let number): guard await self.turn(number) else { throw CancellationError() }
        }
    }

    /// Returns whether the place was got before the wait was cancelled.
    private func turn(_ number: UInt64) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { turn in
                let isIn = self.state.withLock { state -> Bool? in
                    if Task.isCancelled { return false }
                    guard state.free == 0 else {
                        state.free -= 1
                        return true
                    }
                    state.waiters.append(Waiter(number: number, turn: turn))
                    return nil
                }
                if let isIn { turn.resume(returning: isIn) }
            }
        } onCancel: {
            let waiter = self.state.withLock { state in
                state.waiters.firstIndex { $0.number == number }.map { state.waiters.remove(at: $0) }
            }
            waiter?.turn.resume(returning: false)
        }
    }

    private func leave() {
        let next = self.state.withLock { state -> Waiter? in
            guard let next = state.waiters.popFirst() else {
                state.free += 1
                return nil
            }
            return next
        }
        next?.turn.resume(returning: true)
    }
}
