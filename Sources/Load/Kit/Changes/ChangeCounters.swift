import Synchronization

/// How far a load is, readable while it runs; and the switches that end it early.
package final class ChangeCounters: Sendable {
    private let doneCount = Atomic<Int>(0)
    private let failedCount = Atomic<Int>(0)
    private let retryCount = Atomic<Int>(0)
    private let checkedCount = Atomic<Int>(0)
    private let end = Atomic<Bool>(false)
    private let stop = Atomic<Bool>(false)

    package init() {}

    /// Changes that are over.
    package var done: Int { self.doneCount.load(ordering: .relaxed) }
    package var failed: Int { self.failedCount.load(ordering: .relaxed) }
    package var retries: Int { self.retryCount.load(ordering: .relaxed) }
    /// Users whose accounts have been compared.
    package var checked: Int { self.checkedCount.load(ordering: .relaxed) }

    package func countEnd(hasFailed: Bool) {
        if hasFailed { self.failedCount.add(1, ordering: .relaxed) }
        self.doneCount.add(1, ordering: .relaxed)
    }

    package func countRetry() { self.retryCount.add(1, ordering: .relaxed) }

    package func countChecked() { self.checkedCount.add(1, ordering: .relaxed) }

    /// Whether no more changes are to be begun.
    package var isEnding: Bool { self.end.load(ordering: .relaxed) }

    /// Has what was begun come to its end, and begins nothing more.
    package func requestEnd() { self.end.store(true, ordering: .relaxed) }

    package var isStopped: Bool { self.stop.load(ordering: .relaxed) }

    package func requestStop() { self.stop.store(true, ordering: .relaxed) }
}
