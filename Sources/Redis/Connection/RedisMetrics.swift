package import Metrics

/// The metrics of one connection, used on its event loop only and so without a lock.
///
/// `redis_commands_total{command}`, `redis_command_duration_seconds{command}`, `redis_in_flight_commands`,
/// `redis_reconnects_total`, `redis_errors_total{class}`.
package final class RedisMetrics {
    private let factory: any MetricsFactory
    private let reconnects: Counter
    private let inFlight: Meter
    private var reportedInFlight = 0
    private var series: [String: CommandSeries] = [:]
    private var latest: CommandSeries?
    private var errors: [String: Counter] = [:]

    package init(_ factory: any MetricsFactory) {
        self.factory = factory
        self.reconnects = Counter(label: "redis_reconnects_total", dimensions: [], factory: factory)
        self.inFlight = Meter(label: "redis_in_flight_commands", dimensions: [], factory: factory)
    }

    /// The handles for a command's or a script's name.
    ///
    /// Costs a comparison when it is the one asked for last.
    package func series(_ name: String) -> CommandSeries {
        if let latest, latest.name == name { return latest }
        let series = self.series[name] ?? CommandSeries(name, self.factory)
        self.series[name] = series
        self.latest = series
        return series
    }

    /// Counts a connection that works again after one that did.
    package func reconnected() { self.reconnects.increment() }

    /// Counts a command that ended without a reply that its caller can use.
    package func failed(_ error: RedisError) {
        let label = error.label
        let counter =
            self.errors[label]
            ?? Counter(label: "redis_errors_total", dimensions: [("class", label)], factory: self.factory)
        self.errors[label] = counter
        counter.increment()
    }

    /// Hands on what was collected since the last call.
    ///
    /// Called once a tick.
    package func report(inFlight: Int) {
        for series in self.series.values { series.report() }
        // One gauge for all connections, so each adds what changed.
        guard inFlight != self.reportedInFlight else { return }
        self.inFlight.increment(by: Double(inFlight - self.reportedInFlight))
        self.reportedInFlight = inFlight
    }
}

/// The metrics of one command's or one script's name.
package final class CommandSeries {
    package let name: String
    private let commands: Counter
    private let duration: Timer
    private var unreported = 0

    package init(_ name: String, _ factory: any MetricsFactory) {
        let labels = [("command", name)]
        self.name = name
        self.commands = Counter(label: "redis_commands_total", dimensions: labels, factory: factory)
        self.duration = Timer(label: "redis_command_duration_seconds", dimensions: labels, factory: factory)
    }

    /// Counts one that was written.
    package func sent() { self.unreported += 1 }

    /// Notes the time from writing to reply, or to giving up on it.
    package func finished(after duration: Duration) {
        self.duration.recordNanoseconds(duration.wholeNanoseconds)
    }

    package func report() {
        guard self.unreported > 0 else { return }
        self.commands.increment(by: self.unreported)
        self.unreported = 0
    }
}
