import DequeModule

/// The order in which changes are sent on each target: new ones in their order, and before them those to be sent again.
///
/// A change to send again waits for a connection to its own target; others take it only while that target has none.
package struct ChangeSchedule: Sendable {
    private var fresh: RequestSchedule
    private var ready: [Deque<ChangeAttempt>]
    private var connections: [Int]
    private var readyCount = 0

    package init(_ fresh: RequestSchedule, targets: Int) {
        self.fresh = fresh
        self.ready = Array(repeating: [], count: targets)
        self.connections = Array(repeating: 0, count: targets)
    }

    /// Changes that nobody has taken yet.
    package var untaken: Int { self.fresh.untaken }

    package var hasReady: Bool { self.readyCount > 0 }

    /// When the next new change is due.
    package var nextDueAt: Int64? { self.fresh.nextDueAt }

    package mutating func opened(_ target: Int) { self.connections[target] += 1 }

    package mutating func closed(_ target: Int) { self.connections[target] -= 1 }

    /// Has no more new ones.
    package mutating func end() { self.fresh.end() }

    /// Takes what a connection to `target` should send now.
    package mutating func next(at now: Int64, target: Int) -> ChangeAttempt? {
        if self.readyCount > 0, let attempt = self.nextReady(target) {
            self.readyCount -= 1
            return attempt
        }
        return self.fresh.next(at: now)
            .map { ChangeAttempt(number: $0.id, isRepeat: false, dueAt: $0.dueAt, target: target) }
    }

    private mutating func nextReady(_ target: Int) -> ChangeAttempt? {
        if let attempt = self.ready[target].popFirst() { return attempt }
        for other in self.ready.indices where self.connections[other] == 0 {
            if let attempt = self.ready[other].popFirst() { return attempt }
        }
        return nil
    }

    /// Has an attempt sent as soon as a connection to its target is free.
    package mutating func send(_ attempt: ChangeAttempt) {
        self.ready[attempt.target].append(attempt)
        self.readyCount += 1
    }

    /// The target after this one.
    package func target(after target: Int) -> Int { (target + 1) % self.ready.count }
}
