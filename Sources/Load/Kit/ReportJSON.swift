import FoundationEssentials
package import Histogram

/// How reports are written for programs.
package enum ReportJSON {
    /// One JSON object on one line, keys in order of the alphabet and in snake case.
    package static func text(_ document: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        // Only numbers that are not finite could fail, and there are none.
        guard let data = try? encoder.encode(document) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }

    /// Seconds below which so many percent stayed.
    package struct Latency: Encodable {
        private let p50, p90, p99, p999, max: Double

        package init(_ histogram: Histogram<UInt64>) {
            self.p50 = ReportText.latency(histogram, percent: 50)
            self.p90 = ReportText.latency(histogram, percent: 90)
            self.p99 = ReportText.latency(histogram, percent: 99)
            self.p999 = ReportText.latency(histogram, percent: 99.9)
            self.max = ReportText.latency(histogram, percent: 100)
        }
    }
}
