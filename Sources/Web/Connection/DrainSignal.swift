import Synchronization

/// Whether this process is about to stop: it still answers, but asks its clients to go elsewhere.
package final class DrainSignal: Sendable {
    private let flag = Atomic<Bool>(false)

    package init() {}

    package var isDraining: Bool { self.flag.load(ordering: .relaxed) }

    /// Cannot be taken back.
    package func begin() { self.flag.store(true, ordering: .relaxed) }
}
