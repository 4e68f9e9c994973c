/// One value that is looked up when metrics are rendered, instead of being kept up to date.
package struct MetricSample: Sendable {
    package let name: String
    package let kind: MetricKind
    package let help: String
    package let labels: MetricLabels
    package let value: Double

    /// A counter or gauge; the name is used as ``MetricName`` would write it.
    package init(
        _ name: String,
        _ kind: MetricKind,
        help: String,
        labels: [(String, String)] = [],
        value: Double
    ) {
        precondition(kind != .histogram)
        self.name = MetricName.name(for: name, kind: kind)
        self.kind = kind
        self.help = help
        self.labels = MetricLabels(labels)
        self.value = value
    }
}
