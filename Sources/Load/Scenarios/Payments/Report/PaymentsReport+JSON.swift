/// The report for programs: one JSON object on one line, keys in order of the alphabet.
extension PaymentsReport {
    package var json: String { ReportJSON.text(Document(self)) }

    private struct Document: Encodable {
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
        let acceptLatencySeconds, repeatLatencySeconds, doneLatencySeconds, behindSeconds: ReportJSON.Latency
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
            self.acceptLatencySeconds = ReportJSON.Latency(tally.latency)
            self.repeatLatencySeconds = ReportJSON.Latency(tally.repeatLatency)
            self.doneLatencySeconds = ReportJSON.Latency(outcome.latency)
            self.behindSeconds = ReportJSON.Latency(tally.lag)
            self.violations = findings.counts
            self.check =
                report.isChecked
                ? Check(accounts: findings.accounts, entries: findings.entries, sum: Cents.text(findings.sum)) : nil
        }
    }
}
