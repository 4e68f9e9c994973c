package import RESP
import Synchronization

/// The way back from an event loop to one task that waits, for one command or several sent together.
///
/// The first outcome wins: the last reply, or the task's cancellation. Replies after it are dropped, so a cancelled
/// caller needs nothing from the connection.
package final class AsyncCall: Sendable {
    package typealias Outcome = Result<RESPValue, RedisError>

    fileprivate struct State {
        var continuation: CheckedContinuation<[Outcome], Never>?
        var outcomes: [Outcome?]
        var outstanding: Int
        /// Requests are sent in order, so a count says which.
        var sent = 0
        var isCancelled = false
    }

    private let state: Mutex<State>

    package init(count: Int) {
        self.state = Mutex(State(outcomes: Array(repeating: nil, count: count), outstanding: count))
    }

    /// Takes the task that waits.
    ///
    /// Returns whether there is anything to send.
    package func begin(_ continuation: CheckedContinuation<[Outcome], Never>) -> Bool {
        let cancelled = self.state.withLock { state -> [Outcome]? in
            guard state.isCancelled else {
                state.continuation = continuation
                return nil
            }
            return state.cancelledOutcomes
        }
        if let cancelled { continuation.resume(returning: cancelled) }
        return cancelled == nil
    }

    /// The next request is about to be written.
    ///
    /// Returns whether it still should be.
    package func willSend() -> Bool {
        self.state.withLock { state in
            state.sent += 1
            return !state.isCancelled
        }
    }

    /// A request has its outcome, and with the last one the task goes on.
    package func finish(_ index: Int, _ outcome: Outcome) {
        let finished = self.state.withLock { state -> (CheckedContinuation<[Outcome], Never>, [Outcome])? in
            guard !state.isCancelled, state.outcomes[index] == nil else { return nil }
            state.outcomes[index] = outcome
            state.outstanding -= 1
            guard state.outstanding == 0, let continuation = state.continuation else { return nil }
            state.continuation = nil
            return (continuation, state.outcomes.compactMap(\.self))
        }
        if let (continuation, outcomes) = finished { continuation.resume(returning: outcomes) }
    }

    /// The task is cancelled: it gets what is known by now.
    package func cancel() {
        let waiting = self.state.withLock { state -> (CheckedContinuation<[Outcome], Never>, [Outcome])? in
            guard !state.isCancelled else { return nil }
            state.isCancelled = true
            guard let continuation = state.continuation else { return nil }
            state.continuation = nil
            return (continuation, state.cancelledOutcomes)
        }
        if let (continuation, outcomes) = waiting { continuation.resume(returning: outcomes) }
    }
}

extension AsyncCall.State {
    fileprivate var cancelledOutcomes: [AsyncCall.Outcome] {
        self.outcomes.enumerated().map { index, outcome in
            outcome ?? .failure(index < self.sent ? .outcomeUnknown(.cancelled) : .notSent(.cancelled))
        }
    }
}
