/// All series of one name, which are of one kind.
package struct MetricFamily: Sendable {
    package enum Series: Sendable {
        case counter(CounterSeries)
        case gauge(GaugeSeries)
        case histogram(HistogramSeries)
    }

    package let kind: MetricKind
    package var series: [MetricLabels: Series] = [:]

    package init(kind: MetricKind) {
        self.kind = kind
    }

    /// Writes the family, its series in the order of their labels.
    package func write(as name: String, help: String, to text: inout ExpositionText) {
        guard !self.series.isEmpty else { return }
        text.beginFamily(name, self.kind, help: help)
        for (labels, series) in self.series.sorted(by: { $0.key.text < $1.key.text }) {
            switch series {
            case .counter(let counter): text.add(name, labels, value: counter.text)
            case .gauge(let gauge): text.add(name, labels, value: gauge.text)
            case .histogram(let histogram): text.add(histogram)
            }
        }
    }
}
