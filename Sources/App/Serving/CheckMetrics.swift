import Telemetry
import Web

/// The checks of `/readyz` as metrics, for those who look at a process from afar.
enum CheckMetrics {
    static func samples(of check: ReadinessCheck) -> [MetricSample] {
        let (ready, degraded) = check.values
        return [
            MetricSample(
                "tally_check_ready",
                .gauge,
                help: "Whether a check of /readyz lets the process be ready.",
                labels: [("check", check.name)],
                value: ready
            ),
            MetricSample(
                "tally_check_degraded",
                .gauge,
                help: "Whether a check of /readyz says that something does not work as it should.",
                labels: [("check", check.name)],
                value: degraded
            ),
        ]
    }
}
