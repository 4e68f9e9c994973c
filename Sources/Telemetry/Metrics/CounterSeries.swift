import CoreMetrics
import Synchronization

/// A number that only grows: whole steps are counted exactly, fractions beside them.
package final class CounterSeries: CounterHandler, FloatingPointCounterHandler {
    package let name: String
    package let labels: MetricLabels
    private let whole = Atomic<UInt64>(0)
    private let fraction = AtomicDouble()

    package init(name: String, labels: MetricLabels) {
        self.name = name
        self.labels = labels
    }

    /// Adds a number that is not negative; others are ignored.
    package func increment(by amount: Int64) {
        guard amount > 0 else { return }
        self.whole.wrappingAdd(UInt64(amount), ordering: .relaxed)
    }

    /// Adds a number that is finite and not negative; others are ignored.
    package func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        self.fraction.add(amount)
    }

    package func reset() {
        self.whole.store(0, ordering: .relaxed)
        self.fraction.set(0)
    }

    /// The value as Prometheus reads it; exact as long as nothing but whole numbers were added.
    package var text: String {
        let whole = self.whole.load(ordering: .relaxed)
        let fraction = self.fraction.value
        return fraction == 0 ? String(whole) : ExpositionText.number(Double(whole) + fraction)
    }
}
