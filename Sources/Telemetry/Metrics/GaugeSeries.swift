import CoreMetrics

/// A number that goes up and down: a meter, or a recorder that does not aggregate.
package final class GaugeSeries: MeterHandler, RecorderHandler {
    package let name: String
    package let labels: MetricLabels
    private let number = AtomicDouble()

    package init(name: String, labels: MetricLabels) {
        self.name = name
        self.labels = labels
    }

    package func set(_ value: Int64) { self.number.set(Double(value)) }

    package func set(_ value: Double) { self.number.set(value) }

    package func increment(by amount: Double) { self.add(amount) }

    package func decrement(by amount: Double) { self.add(-amount) }

    package func record(_ value: Int64) { self.number.set(Double(value)) }

    package func record(_ value: Double) { self.number.set(value) }

    package var text: String { ExpositionText.number(self.number.value) }

    /// An infinite amount, or one that is no number, would stay for ever, so it is ignored.
    private func add(_ amount: Double) {
        guard amount.isFinite else { return }
        self.number.add(amount)
    }
}
