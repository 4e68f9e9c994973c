/// The upper bounds of a histogram's buckets, ascending, without the last one, which is infinity.
package struct MetricBuckets: Hashable, Sendable {
    /// The most bounds a histogram can have: its counts lie in place, beside one for infinity.
    package static let limit = 23

    package let bounds: [Double]

    /// Sorts the bounds, drops what is not finite or twice there, and keeps the first ``limit``.
    package init(_ bounds: [Double]) {
        var ascending: [Double] = []
        for bound in bounds.sorted() where bound.isFinite && bound != ascending.last { ascending.append(bound) }
        self.bounds = Array(ascending.prefix(Self.limit))
    }

    /// Seconds, 1 ms to 10 s: requests and what they wait for.
    package static let latency = MetricBuckets([
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
    ])

    /// Seconds, 25 µs to 5 s: calls to a server in the same network.
    package static let shortLatency = MetricBuckets([
        0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
        2.5, 5,
    ])

    /// Numbers of things, 1 to 10 000: batches and queues.
    package static let counts = MetricBuckets([
        1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 2500, 5000, 10_000,
    ])

    /// Seconds, 1 s to a day: how late something was.
    package static let delay = MetricBuckets([
        0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400,
    ])
}
