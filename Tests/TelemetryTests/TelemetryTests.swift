import CoreMetrics
import Glibc
import Logging
import Telemetry
import Testing

struct TelemetryTests {
    @Test
    func `after the bootstrap every logger writes to stdout and every metric is in the registry`() async throws {
        // In a process of its own: a process can be set up once only.
        let result = try #require(
            await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
                let registry = PrometheusRegistry()
                Telemetry.bootstrap(level: .warning, instance: "instance-7", metrics: registry)
                let logger = Logger(label: "any")
                logger.info("too quiet")
                logger.warning("loud")
                Telemetry.level.level = .info
                logger.info("now heard")
                Counter(label: "seen_total").increment()
                let text = registry.render()
                let isComplete =
                    text.contains("\nseen_total 1\n") && text.contains("\ntally_log_lines_dropped_total 0\n")
                    && text.contains("\nprocess_open_fds ")
                exit(isComplete ? EXIT_SUCCESS : EXIT_FAILURE)
            }
        )
        let output = String(decoding: result.standardOutputContent, as: UTF8.self)
        #expect(output.contains(#""level":"warning","msg":"loud","logger":"any","instance":"instance-7"}"#))
        #expect(output.contains(#""msg":"now heard""#))
        #expect(!output.contains("too quiet"))
    }
}
