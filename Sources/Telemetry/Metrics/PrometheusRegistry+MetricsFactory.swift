package import CoreMetrics

/// The registry as a factory of metrics; a metric that it refuses records nothing, so that no caller needs to know.
extension PrometheusRegistry: MetricsFactory {
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        self.counter(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    package func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        self.counter(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        self.gauge(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    /// A histogram when it aggregates, else a gauge.
    package func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else { return self.gauge(label, dimensions) ?? NOOPMetricsHandler.instance }
        let name = MetricName.name(for: label, kind: .histogram)
        return self.histogram(named: name, dimensions, fallback: .counts) ?? NOOPMetricsHandler.instance
    }

    /// A histogram in seconds, whatever unit the caller would like to see.
    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let name = MetricName.name(forTimer: label)
        return self.histogram(named: name, dimensions, fallback: .latency) ?? NOOPMetricsHandler.instance
    }

    package func destroyCounter(_ handler: any CounterHandler) { self.remove(handler) }

    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { self.remove(handler) }

    package func destroyMeter(_ handler: any MeterHandler) { self.remove(handler) }

    package func destroyRecorder(_ handler: any RecorderHandler) { self.remove(handler) }

    package func destroyTimer(_ handler: any TimerHandler) { self.remove(handler) }

    private func remove(_ handler: AnyObject) {
        switch handler {
        case let counter as CounterSeries: self.remove(counter, name: counter.name, labels: counter.labels)
        case let gauge as GaugeSeries: self.remove(gauge, name: gauge.name, labels: gauge.labels)
        case let histogram as HistogramSeries:
            self.remove(histogram, name: histogram.name, labels: histogram.labels)
        default: break
        }
    }
}
