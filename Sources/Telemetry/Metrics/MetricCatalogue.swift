/// The metrics by name: the words for their `# HELP` lines, and the buckets of their histograms.
package struct MetricCatalogue: Sendable {
    package struct Entry: Hashable, Sendable {
        package var help: String
        /// Names of the labels, for documentation; nothing is refused because of them.
        package var labels: [String]
        package var buckets: MetricBuckets?
        /// Series this metric may have; see ``PrometheusRegistry``.
        package var seriesLimit: Int?
    }

    private var entries: [String: Entry] = [
        "redis_command_duration_seconds": Entry(
            help: "Time from sending a command to Redis to its reply, by command.",
            labels: ["command"],
            buckets: .shortLatency
        ),
        "tally_build_info": Entry(
            help: "Always 1; version, commit and compiler of this process are the labels.",
            labels: ["version", "commit", "swift"]
        ),
        "tally_metrics_series_dropped_total": Entry(
            help: "Series refused because their metric has too many, or its name another type.",
            labels: []
        ),
    ]

    package init() {}

    package subscript(name: String) -> Entry? {
        get { self.entries[name] }
        set { self.entries[name] = newValue }
    }

    /// All names described so far, in order.
    package var names: [String] { self.entries.keys.sorted() }

    /// The help text of a metric, never empty.
    package func help(for name: String) -> String {
        guard let help = self.entries[name]?.help, !help.isEmpty else { return "Not described." }
        return help
    }
}
