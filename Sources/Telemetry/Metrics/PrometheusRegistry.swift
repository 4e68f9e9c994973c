import Synchronization

/// All metrics of a process, rendered as Prometheus text: a backend for swift-metrics.
///
/// Making a metric takes a lock and a dictionary look-up or two; making the same one again gives the same series.
/// Recording takes no lock. A metric has at most ``seriesLimit`` series: one more records into nothing, and so does a
/// metric whose name another kind has taken. Both are counted in `tally_metrics_series_dropped_total`, once for each
/// time they are asked for.
package final class PrometheusRegistry: Sendable {
    private struct State {
        var families: [String: MetricFamily] = [:]
        var catalogue = MetricCatalogue()
        var collectors: [@Sendable () -> [MetricSample]] = []
    }

    /// Series per metric: default 200, at least 1.
    ///
    /// A description can set another limit for one metric.
    package let seriesLimit: Int
    private let state = Mutex(State())
    private let dropped = CounterSeries(name: "tally_metrics_series_dropped_total", labels: MetricLabels([]))

    package init(seriesLimit: Int = 200) {
        self.seriesLimit = max(seriesLimit, 1)
    }

    /// Says what a metric is.
    ///
    /// The name is the one in the output, suffix included. `labels` are for the documentation. Buckets and limit hold
    /// for series made after this call, so describe before you measure; an argument that is nil changes nothing.
    package func describe(
        _ name: String,
        _ help: String,
        labels: [String] = [],
        buckets: MetricBuckets? = nil,
        seriesLimit: Int? = nil
    ) {
        self.state.withLock { state in
            let old = state.catalogue[name]
            state.catalogue[name] = MetricCatalogue.Entry(
                help: help,
                labels: labels,
                buckets: buckets ?? old?.buckets,
                seriesLimit: seriesLimit ?? old?.seriesLimit
            )
        }
    }

    /// The metrics that have been described so far.
    package var catalogue: MetricCatalogue { self.state.withLock { $0.catalogue } }

    /// Adds values that are looked up at each ``render()``.
    ///
    /// The closure runs on the caller of `render`, outside of any lock.
    package func collect(_ samples: @escaping @Sendable () -> [MetricSample]) {
        self.state.withLock { $0.collectors.append(samples) }
    }

    /// Shows what was built, as labels of `tally_build_info`.
    package func setBuild(version: String, swift: String, commit: String) {
        let labels = [("version", version), ("swift", swift), ("commit", commit)]
        self.gauge("tally_build_info", labels)?.set(Int64(1))
    }

    /// All metrics in text format 0.0.4, in the same order each time.
    package func render() -> String {
        let (families, catalogue, collectors) = self.state.withLock { ($0.families, $0.catalogue, $0.collectors) }
        var sections: [String: ExpositionText] = [:]
        for (name, family) in families {
            family.write(as: name, help: catalogue.help(for: name), to: &sections[name, default: ExpositionText()])
        }
        sections[self.dropped.name] = Self.section(of: self.dropped, help: catalogue.help(for: self.dropped.name))
        var samples: [String: [MetricSample]] = [:]
        for sample in collectors.flatMap({ $0() }) { samples[sample.name, default: []].append(sample) }
        for (name, group) in samples where sections[name] == nil {
            sections[name] = Self.section(of: group)
        }
        return sections.sorted { $0.key < $1.key }.map(\.value.text).joined()
    }

    private static func section(of counter: CounterSeries, help: String) -> ExpositionText {
        var text = ExpositionText()
        text.beginFamily(counter.name, .counter, help: help)
        text.add(counter.name, counter.labels, value: counter.text)
        return text
    }

    private static func section(of samples: [MetricSample]) -> ExpositionText {
        var text = ExpositionText()
        guard let first = samples.first else { return text }
        text.beginFamily(first.name, first.kind, help: first.help)
        var written: Set<MetricLabels> = []
        for sample in samples.sorted(by: { $0.labels.text < $1.labels.text })
        where written.insert(sample.labels).inserted {
            text.add(sample.name, sample.labels, value: ExpositionText.number(sample.value))
        }
        return text
    }
}

extension PrometheusRegistry {
    /// The counter of this name and labels, or nil when it was refused and counted as dropped.
    package func counter(_ label: String, _ dimensions: [(String, String)] = []) -> CounterSeries? {
        let name = MetricName.name(for: label, kind: .counter)
        let series = self.series(name, .counter, MetricLabels(dimensions)) { labels, _ in
            .counter(CounterSeries(name: name, labels: labels))
        }
        guard case .counter(let counter) = series else { return nil }
        return counter
    }

    /// The gauge of this name and labels, or nil when it was refused and counted as dropped.
    package func gauge(_ label: String, _ dimensions: [(String, String)] = []) -> GaugeSeries? {
        let name = MetricName.name(for: label, kind: .gauge)
        let series = self.series(name, .gauge, MetricLabels(dimensions)) { labels, _ in
            .gauge(GaugeSeries(name: name, labels: labels))
        }
        guard case .gauge(let gauge) = series else { return nil }
        return gauge
    }

    /// The histogram of this name, used as it is, and labels, or nil when it was refused and counted as dropped.
    package func histogram(
        named name: String,
        _ dimensions: [(String, String)] = [],
        fallback: MetricBuckets
    ) -> HistogramSeries? {
        let series = self.series(name, .histogram, MetricLabels(dimensions)) { labels, entry in
            .histogram(HistogramSeries(name: name, labels: labels, buckets: entry?.buckets ?? fallback))
        }
        guard case .histogram(let histogram) = series else { return nil }
        return histogram
    }

    /// Forgets a series; its handler may still be used, but nobody sees it.
    package func remove(_ series: some AnyObject, name: String, labels: MetricLabels) {
        self.state.withLock { state in
            let known: AnyObject? =
                switch state.families[name]?.series[labels] {
                case .counter(let counter): counter
                case .gauge(let gauge): gauge
                case .histogram(let histogram): histogram
                case nil: nil
                }
            guard known === series else { return }
            state.families[name]?.series[labels] = nil
            if state.families[name]?.series.isEmpty == true { state.families[name] = nil }
        }
    }

    private func series(
        _ name: String,
        _ kind: MetricKind,
        _ labels: MetricLabels,
        make: (MetricLabels, MetricCatalogue.Entry?) -> MetricFamily.Series
    ) -> MetricFamily.Series? {
        self.state.withLock { state -> MetricFamily.Series? in
            let family = state.families[name, default: MetricFamily(kind: kind)]
            if family.kind == kind, let known = family.series[labels] { return known }
            let entry = state.catalogue[name]
            let limit = max(entry?.seriesLimit ?? self.seriesLimit, 1)
            guard family.kind == kind, family.series.count < limit, name != self.dropped.name else {
                self.dropped.increment(by: Int64(1))
                return nil
            }
            let series = make(labels, entry)
            state.families[name, default: family].series[labels] = series
            return series
        }
    }
}
