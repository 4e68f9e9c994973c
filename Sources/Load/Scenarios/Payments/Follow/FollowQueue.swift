import DequeModule
import Synchronization

/// The order in which payments are looked at: the oldest accepted one first, but not before most are done.
///
/// A look that finds a payment at its end is the only one it needs, so that following costs one question a payment.
package final class FollowQueue: Sendable {
    package enum Step: Hashable, Sendable {
        case look(Int)
        /// Nothing is due for so many nanoseconds.
        case wait(Int64)
        case over
    }

    private struct Item {
        let number: UInt32
        let dueAt: Int64
    }

    private struct State {
        /// Both in the order in which they are due.
        var fresh: Deque<Item> = []
        var again: Deque<Item> = []
        /// Given out, and not told back.
        var looking = 0
        /// When following ends in any case; nil while payments are still sent.
        var endsAt: Int64?
    }

    /// Nanoseconds from the accept to the first look, and from one look to the next.
    private static let delay: Int64 = 200_000_000
    private static let longestWait: Int64 = 20_000_000

    private let state = Mutex(State())

    package init() {}

    package func append(_ number: Int, at now: Int64) {
        self.state.withLock { $0.fresh.append(Item(number: UInt32(number), dueAt: now + Self.delay)) }
    }

    /// No more come from now on; open payments are followed until `instant`.
    package func finish(at instant: Int64) {
        self.state.withLock { $0.endsAt = instant }
    }

    package func next(at now: Int64) -> Step {
        self.state.withLock { state in
            if let endsAt = state.endsAt, now >= endsAt { return .over }
            let fresh = state.fresh.first?.dueAt ?? .max
            let again = state.again.first?.dueAt ?? .max
            let dueAt = min(fresh, again)
            guard dueAt <= now else {
                let isEmpty = state.endsAt != nil && state.looking == 0 && dueAt == .max
                return isEmpty ? .over : .wait(min(dueAt - now, Self.longestWait))
            }
            guard let item = fresh <= again ? state.fresh.popFirst() : state.again.popFirst() else { return .over }
            state.looking += 1
            return .look(Int(item.number))
        }
    }

    /// Takes back what was given out; it is given out again unless it is over.
    package func looked(_ number: Int, isOver: Bool, at now: Int64) {
        self.state.withLock { state in
            state.looking -= 1
            if !isOver { state.again.append(Item(number: UInt32(number), dueAt: now + Self.delay)) }
        }
    }
}
