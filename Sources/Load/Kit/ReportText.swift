package import Histogram

/// How reports write their numbers.
package enum ReportText {
    /// The usual levels of a latency.
    package static let levels: [(name: String, percent: Double)] = [
        ("p50", 50), ("p90", 90), ("p99", 99), ("p99.9", 99.9), ("max", 100),
    ]

    /// Seconds below which this many percent stayed; the longest at 100.
    package static func latency(_ histogram: Histogram<UInt64>, percent: Double) -> Double {
        guard histogram.totalCount > 0 else { return 0 }
        let nanoseconds = percent >= 100 ? histogram.max : histogram.valueAtPercentile(percent)
        return Double(nanoseconds) / 1_000_000_000
    }

    /// In milliseconds.
    package static func percentiles(
        _ histogram: Histogram<UInt64>,
        _ levels: [(name: String, percent: Double)] = Self.levels
    ) -> String {
        levels.map { name, percent in
            "\(name) \(Self.fixed(Self.latency(histogram, percent: percent) * 1000, 2))"
        }
        .joined(separator: "  ") + " ms"
    }

    package static func list<Key>(_ counts: [Key: Int]) -> String {
        counts.map { "\($0.key): \($0.value)" }.sorted().joined(separator: ", ")
    }

    /// With texts as keys, as JSON needs them.
    package static func named<Key>(_ counts: [Key: Int]) -> [String: Int] {
        Dictionary(counts.map { ("\($0.key)", $0.value) }, uniquingKeysWith: +)
    }

    package static func seconds(_ duration: Duration) -> String {
        Self.fixed(Double(duration.nanoseconds) / 1e9, 2)
    }

    /// A number with so many decimals; `String(format:)` is in full Foundation only.
    package static func fixed(_ value: Double, _ decimals: Int) -> String {
        var scale = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int((value * Double(scale)).rounded())
        let fraction = String(scaled % scale)
        return "\(scaled / scale)." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }
}
