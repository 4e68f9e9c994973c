/// What Prometheus can do with a metric: the word of its `# TYPE` line.
package enum MetricKind: String, Hashable, Sendable {
    case counter
    case gauge
    case histogram
}
