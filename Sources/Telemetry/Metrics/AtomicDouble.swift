import Synchronization

/// A floating-point number that several threads may change without a lock.
package struct AtomicDouble: ~Copyable, Sendable {
    private let bits: Atomic<UInt64>

    package init(_ value: Double = 0) {
        self.bits = Atomic(value.bitPattern)
    }

    package var value: Double { Double(bitPattern: self.bits.load(ordering: .relaxed)) }

    package func set(_ value: Double) {
        self.bits.store(value.bitPattern, ordering: .relaxed)
    }

    package func add(_ amount: Double) {
        var old = self.bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let result = self.bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if result.exchanged { return }
            old = result.original
        }
    }
}
