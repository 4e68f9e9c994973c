/// The kind of a metric for Prometheus: the word of its `# TYPE` line.
package enum MetricKind: String, Hashable, Sendable {
    case counter
    case gauge
    case histogram
}
