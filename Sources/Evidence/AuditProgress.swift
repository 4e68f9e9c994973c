import Synchronization
import Timing

/// How far an audit is: what it has counted so far, by name.
package struct AuditProgress: Hashable, Sendable, CustomStringConvertible {
    /// In the order of the description.
    private let names: [String]
    private var counts: [String: Int] = [:]
    /// Since the audit began.
    package fileprivate(set) var elapsed = Duration.zero

    fileprivate init(_ names: [String]) {
        self.names = names
    }

    /// 0 for what was not counted.
    package fileprivate(set) subscript(_ name: String) -> Int {
        get { self.counts[name] ?? 0 }
        set { self.counts[name] = newValue }
    }

    /// A count each second since the audit began.
    package func rate(_ name: String) -> Double {
        self.elapsed > .zero ? Double(self[name]) / (self.elapsed / .seconds(1)) : 0
    }

    /// `12 keys  3 accounts`.
    package var description: String { self.names.map { "\(self[$0]) \($0)" }.joined(separator: "  ") }
}

/// Counts what is done, and tells it at most once a second.
package final class AuditMeter: Sendable {
    private struct State {
        var progress: AuditProgress
        var toldAt = Duration.zero
    }

    private static let pause = Duration.seconds(1)

    private let start = LoopClock().now
    private let state: Mutex<State>
    private let tell: @Sendable (AuditProgress) -> Void

    /// `tell` is called from any thread.
    package init(_ names: [String], _ tell: @escaping @Sendable (AuditProgress) -> Void) {
        self.state = Mutex(State(progress: AuditProgress(names)))
        self.tell = tell
    }

    /// Since the audit began.
    package var elapsed: Duration { self.start.duration(to: LoopClock().now) }

    package func add(_ name: String, _ count: Int) {
        let elapsed = self.elapsed
        let due = self.state.withLock { state -> AuditProgress? in
            state.progress[name] += count
            guard elapsed - state.toldAt >= Self.pause else { return nil }
            state.toldAt = elapsed
            state.progress.elapsed = elapsed
            return state.progress
        }
        if let due { self.tell(due) }
    }
}
