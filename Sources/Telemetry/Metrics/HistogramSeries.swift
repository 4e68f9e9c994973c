import CoreMetrics
import Synchronization

/// A distribution: a timer, in seconds, or a recorder that aggregates.
///
/// Recording is one search in at most 23 bounds, one atomic addition and one compare-and-swap.
package final class HistogramSeries: TimerHandler, RecorderHandler {
    package let name: String
    package let labels: MetricLabels
    private let bounds: [Double]
    private let counts: InlineArray<24, Atomic<UInt64>>
    private let total = AtomicDouble()

    package init(name: String, labels: MetricLabels, buckets: MetricBuckets) {
        self.name = name
        self.labels = labels
        self.bounds = buckets.bounds
        self.counts = InlineArray { _ in Atomic(0) }
    }

    /// Records a duration; a negative one, which only a broken clock gives, counts as zero.
    package func recordNanoseconds(_ duration: Int64) {
        self.record(Double(max(duration, 0)) / 1_000_000_000)
    }

    package func record(_ value: Int64) { self.record(Double(value)) }

    /// Records a value; one that is not finite is ignored.
    package func record(_ value: Double) {
        guard value.isFinite else { return }
        self.counts[self.bucket(of: value)].wrappingAdd(1, ordering: .relaxed)
        self.total.add(value)
    }

    /// Counts of values up to each bound and, last, of all values; and their sum.
    ///
    /// The counts agree with each other at any moment, the sum may be some values ahead of them or behind.
    package var snapshot: (cumulative: [(bound: Double, count: UInt64)], sum: Double) {
        var cumulative: [(bound: Double, count: UInt64)] = []
        var count: UInt64 = 0
        for index in 0...self.bounds.count {
            count &+= self.counts[index].load(ordering: .relaxed)
            cumulative.append((index < self.bounds.count ? self.bounds[index] : .infinity, count))
        }
        return (cumulative, self.total.value)
    }

    /// The first bucket whose bound is not below the value, by halving.
    private func bucket(of value: Double) -> Int {
        var low = 0
        var high = self.bounds.count
        while low < high {
            let middle = (low + high) / 2
            if self.bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
