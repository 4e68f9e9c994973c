import Synchronization

/// How far a load is, readable while it runs; and the switch that ends it early.
package final class LoadCounters: Sendable {
    private let ackedCount = Atomic<Int>(0)
    private let failedCount = Atomic<Int>(0)
    private let unknownCount = Atomic<Int>(0)
    private let repeatedCount = Atomic<Int>(0)
    private let stop = Atomic<Bool>(false)

    package init() {}

    package var acked: Int { self.ackedCount.load(ordering: .relaxed) }
    package var failed: Int { self.failedCount.load(ordering: .relaxed) }
    package var unknown: Int { self.unknownCount.load(ordering: .relaxed) }
    package var repeated: Int { self.repeatedCount.load(ordering: .relaxed) }

    /// Requests that are over.
    package var done: Int { self.acked + self.failed + self.unknown }

    package func countEnd(_ outcome: IDOutcome) {
        switch outcome {
        case .acked: self.ackedCount.add(1, ordering: .relaxed)
        case .failed: self.failedCount.add(1, ordering: .relaxed)
        case .unknown: self.unknownCount.add(1, ordering: .relaxed)
        }
    }

    package func countRepeat() { self.repeatedCount.add(1, ordering: .relaxed) }

    package var isStopped: Bool { self.stop.load(ordering: .relaxed) }

    package func requestStop() { self.stop.store(true, ordering: .relaxed) }
}
