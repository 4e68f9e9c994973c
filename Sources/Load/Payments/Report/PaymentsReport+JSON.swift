import FoundationEssentials
import Histogram

/// The report for programs: one JSON object on one line, keys in order of the alphabet.
extension PaymentsReport {
    package var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        // Only numbers that are not finite could fail, and there are none.
        guard let data = try? encoder.encode(Document(self)) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }

    private struct Document: Encodable {
        struct Latency: Encodable {
            let p50, p90, p99, max: Double

            init(_ histogram: Histogram<UInt64>) {
                self.p50 = ReportText.latency(histogram, percent: 50)
                self.p90 = ReportText.latency(histogram, percent: 90)
                self.p99 = ReportText.latency(histogram, percent: 99)
                self.max = ReportText.latency(histogram, percent: 100)
            }
        }

        struct Check: Encodable {
            let accounts, entries: Int
            let sum: String
        }

        let passed: Bool
        let complaints: [String]
        let accountPrefix, pattern: String
        let seed, accounts, payments, sent, unsent, accepted, done, failed, unfinished, lost: Int
        let unanswered, adopted, attempts, repeats, retries, replays, mismatches: Int
        let failureReasons, retryReasons, statuses, wrongAnswers: [String: Int]
        let connects, connectFailures: Int
        let sendSeconds, totalSeconds, spanSeconds, acceptsPerSecond, donePerSecond: Double
        let acceptLatencySeconds, repeatLatencySeconds, doneLatencySeconds, behindSeconds: Latency
        let violations: [String: Int]
        /// Missing when nothing was compared.
        let check: Check?

        init(_ report: PaymentsReport) {
            let (tally, outcome, findings) = (report.tally, report.outcome, report.findings)
            self.passed = report.passed
            self.complaints = report.complaints
            self.accountPrefix = report.configuration.prefix
            self.pattern = report.configuration.pattern.rawValue
            self.seed = report.configuration.seed
            self.accounts = report.configuration.accounts
            self.payments = report.configuration.payments
            self.sent = report.configuration.payments - tally.unsent
            self.unsent = tally.unsent
            self.accepted = outcome.accepted
            self.done = outcome.done
            self.failed = outcome.failedCount
            self.unfinished = outcome.unfinished
            self.lost = outcome.lost
            self.unanswered = outcome.unanswered
            self.adopted = outcome.adopted
            self.attempts = tally.attempts
            self.repeats = tally.repeats
            self.retries = tally.retryCount
            self.replays = tally.replays
            self.mismatches = tally.mismatches
            self.failureReasons = outcome.failed
            self.retryReasons = ReportText.named(tally.retries)
            self.statuses = ReportText.named(tally.statuses)
            self.wrongAnswers = tally.failures
            self.connects = tally.connects
            self.connectFailures = tally.connectFailures
            self.sendSeconds = Double(report.elapsed.nanoseconds) / 1e9
            self.totalSeconds = Double(report.total.nanoseconds) / 1e9
            self.spanSeconds = Double(outcome.span.nanoseconds) / 1e9
            self.acceptsPerSecond = outcome.rate(outcome.accepted)
            self.donePerSecond = outcome.rate(outcome.done)
            self.acceptLatencySeconds = Latency(tally.latency)
            self.repeatLatencySeconds = Latency(tally.repeatLatency)
            self.doneLatencySeconds = Latency(outcome.latency)
            self.behindSeconds = Latency(tally.lag)
            self.violations = Dictionary(uniqueKeysWithValues: findings.found.map { ($0.key.rawValue, $0.value.count) })
            self.check =
                report.isChecked
                ? Check(accounts: findings.accounts, entries: findings.entries, sum: Cents.text(findings.sum)) : nil
        }
    }
}
