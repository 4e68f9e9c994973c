import CoreMetrics
package import Logging

/// Joins swift-log and swift-metrics to what this process writes: JSON lines on stdout, and Prometheus text.
package enum Telemetry {
    /// The level of all loggers, changeable at any time.
    package static let level = LogLevelSwitch(.info)

    private static let output = DescriptorLogOutput(descriptor: 1)

    /// Sets up logging and metrics for the whole process.
    ///
    /// Call it once, before the first logger or metric is made: a second call traps, as swift-log and swift-metrics
    /// demand. `instance` is the name that every log line carries. The registry also gets the process's own metrics
    /// and the count of log lines that could not be written.
    package static func bootstrap(level: Logger.Level, instance: String, metrics: PrometheusRegistry) {
        Self.level.level = level
        LoggingSystem.bootstrap(
            { label, provider in
                JSONLogHandler(
                    label: label,
                    instance: instance,
                    output: Self.output,
                    level: Self.level,
                    metadataProvider: provider
                )
            },
            metadataProvider: nil
        )
        MetricsSystem.bootstrap(metrics)
        metrics.collect { ProcessMetrics.sample() }
        metrics.collect {
            [
                MetricSample(
                    "tally_log_lines_dropped_total",
                    .counter,
                    help: "Log lines that stdout did not take.",
                    value: Double(Self.output.droppedLines)
                )
            ]
        }
    }
}
