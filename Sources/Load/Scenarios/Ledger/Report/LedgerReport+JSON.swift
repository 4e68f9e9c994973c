/// The report for programs: one JSON object on one line, keys in order of the alphabet.
extension LedgerReport {
    package var json: String { ReportJSON.text(Document(self)) }

    private struct Document: Encodable {
        struct Check: Encodable {
            let complaints, balances, histories, entries, statements, queued: Int

            init(_ findings: LedgerFindings) {
                self.complaints = findings.complaintCount
                self.balances = findings.balances
                self.histories = findings.histories
                self.entries = findings.entries
                self.statements = findings.statements
                self.queued = findings.queued
            }
        }

        let passed: Bool
        let complaints: [String]
        let userPrefix, runID: String
        let seed, users, connections, adds, taken, queued, failed, unanswered, unansweredRepeats, unsent: Int
        let attempts, repeats, retries, replays, mismatches, unexplainedReplays: Int
        let retryReasons, statuses, durabilities, failures: [String: Int]
        let connects, connectFailures: Int
        let elapsedSeconds, ratePerSecond, requestsPerSecond: Double
        let latencySeconds, repeatLatencySeconds: ReportJSON.Latency
        /// Missing when nothing was compared.
        let check: Check?

        init(_ report: LedgerReport) {
            let tally = report.tally
            self.passed = report.passed
            self.complaints = report.complaints
            self.userPrefix = report.configuration.effectiveUserPrefix
            self.runID = report.configuration.runID
            self.seed = report.configuration.seed
            self.users = report.configuration.users
            self.connections = report.configuration.connections
            self.adds = report.configuration.adds
            self.taken = report.taken
            self.queued = tally.queued
            self.failed = tally.failureCount
            self.unanswered = tally.unanswered
            self.unansweredRepeats = tally.unansweredRepeats
            self.unsent = tally.unsent
            self.attempts = tally.attempts
            self.repeats = tally.repeats
            self.retries = tally.retryCount
            self.replays = tally.replays
            self.mismatches = tally.mismatches
            self.unexplainedReplays = tally.unexplainedReplays
            self.retryReasons = ReportText.named(tally.retries)
            self.statuses = ReportText.named(tally.statuses)
            self.durabilities = tally.durabilities
            self.failures = tally.failures
            self.connects = tally.connects
            self.connectFailures = tally.connectFailures
            self.elapsedSeconds = Double(report.elapsed.nanoseconds) / 1e9
            self.ratePerSecond = report.rate
            self.requestsPerSecond = report.requestRate
            self.latencySeconds = ReportJSON.Latency(tally.latency)
            self.repeatLatencySeconds = ReportJSON.Latency(tally.repeatLatency)
            self.check = report.findings.map(Check.init)
        }
    }
}
