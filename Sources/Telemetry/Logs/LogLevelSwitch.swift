package import Logging
import Synchronization

/// The level of all loggers that have none of their own, changeable while the process runs.
///
/// Reading it is one relaxed atomic load.
package final class LogLevelSwitch: Sendable {
    private let index: Atomic<Int>

    package init(_ level: Logger.Level) {
        self.index = Atomic(Self.index(of: level))
    }

    package var level: Logger.Level {
        get { Self.levels[self.index.load(ordering: .relaxed)] }
        set { self.index.store(Self.index(of: newValue), ordering: .relaxed) }
    }

    private static let levels = Logger.Level.allCases

    private static func index(of level: Logger.Level) -> Int {
        // Every level is in `allCases`; the most talkative one is the safe answer for a future one.
        Self.levels.firstIndex(of: level) ?? 0
    }
}
