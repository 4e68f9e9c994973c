import Synchronization
import Timing

/// How far an audit is.
package struct AuditProgress: Hashable, Sendable {
    /// Keys of the ledger that were seen.
    package var keys = 0
    /// Accounts that were read to their end.
    package var accounts = 0
    package var entries = 0
    /// Payments that were compared with their entries.
    package var payments = 0
    package var elapsed = Duration.zero

    package init() {}

    /// Entries per second, since the audit began.
    package var rate: Double { self.elapsed > .zero ? Double(self.entries) / (self.elapsed / .seconds(1)) : 0 }
}

/// Counts what is done, and tells it at most once a second.
package final class AuditMeter: Sendable {
    private struct State {
        var progress = AuditProgress()
        var toldAt = Duration.zero
    }

    private static let pause = Duration.seconds(1)

    private let start = LoopClock().now
    private let state = Mutex(State())
    private let tell: @Sendable (AuditProgress) -> Void

    package init(_ tell: @escaping @Sendable (AuditProgress) -> Void) {
        self.tell = tell
    }

    /// Since the audit began.
    package var elapsed: Duration { self.start.duration(to: LoopClock().now) }

    package func add(keys: Int = 0, accounts: Int = 0, entries: Int = 0, payments: Int = 0) {
        let elapsed = self.elapsed
        let due = self.state.withLock { state -> AuditProgress? in
            state.progress.keys += keys
            state.progress.accounts += accounts
            state.progress.entries += entries
            state.progress.payments += payments
            guard elapsed - state.toldAt >= Self.pause else { return nil }
            state.toldAt = elapsed
            state.progress.elapsed = elapsed
            return state.progress
        }
        if let due { self.tell(due) }
    }
}
