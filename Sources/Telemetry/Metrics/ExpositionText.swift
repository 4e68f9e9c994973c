/// Prometheus text format 0.0.4 while it is written.
package struct ExpositionText {
    /// The media type to send it under.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    package private(set) var text = ""

    package init() {}

    package mutating func beginFamily(_ name: String, _ kind: MetricKind, help: String) {
        self.text += "# HELP \(name) \(Self.escapedHelp(help))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    package mutating func add(_ name: String, _ labels: MetricLabels, value: String) {
        self.add(name, labels.text, value: value)
    }

    package mutating func add(_ series: HistogramSeries) {
        let (cumulative, sum) = series.snapshot
        let prefix = series.labels.text.isEmpty ? "" : series.labels.text + ","
        for (bound, count) in cumulative {
            self.add("\(series.name)_bucket", "\(prefix)le=\"\(Self.number(bound))\"", value: String(count))
        }
        self.add("\(series.name)_sum", series.labels, value: Self.number(sum))
        self.add("\(series.name)_count", series.labels, value: String(cumulative.last?.count ?? 0))
    }

    /// A number as Prometheus parses it; whole ones without a fraction.
    package static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value) { return String(whole) }
        return value.description
    }

    private mutating func add(_ name: String, _ labels: String, value: String) {
        self.text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }

    private static func escapedHelp(_ help: String) -> String {
        var result = ""
        for scalar in help.unicodeScalars {
            switch scalar {
            case "\\": result += #"\\"#
            case "\n": result += #"\n"#
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
