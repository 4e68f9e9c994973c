/// The report for programs: one JSON object on one line, keys in order of the alphabet.
extension MixedReport {
    package var json: String { ReportJSON.text(Document(self)) }

    private struct Document: Encodable {
        struct Kind: Encodable {
            let sent, good, refused, failed, again: Int
            let latencySeconds: ReportJSON.Latency

            init(_ counts: MixedBook.Counts) {
                self.sent = counts.sent
                self.good = counts.good
                self.refused = counts.refused
                self.failed = counts.failed
                self.again = counts.again
                self.latencySeconds = ReportJSON.Latency(counts.latency)
            }
        }

        let passed: Bool
        let complaints: [String]
        let runID: String
        let seed, retryLimit, unanswered, unsent, mismatches: Int
        let isKeyless: Bool
        let total: Kind
        let kinds: [String: Kind]
        let reasons, statuses, violations: [String: Int]
        let failedPercent, elapsedSeconds: Double
        /// From when a request was due.
        let latencySeconds: ReportJSON.Latency
        /// Missing without keys.
        let askedAgain: Int?
        let ended: Int?

        init(_ report: MixedReport) {
            self.passed = report.passed
            self.complaints = report.complaints
            self.runID = report.configuration.runID
            self.seed = report.configuration.seed
            self.retryLimit = report.configuration.retries
            self.isKeyless = report.configuration.isKeyless
            self.unanswered = report.tally.unanswered
            self.unsent = report.tally.unsent
            self.mismatches = report.tally.mismatches
            self.total = Kind(report.total)
            self.kinds = Dictionary(uniqueKeysWithValues: report.counts.map { ($0.key.rawValue, Kind($0.value)) })
            self.reasons = report.reasons
            self.statuses = ReportText.named(report.tally.statuses)
            self.violations = report.findings.counts
            self.failedPercent = report.failedPercent
            self.elapsedSeconds = Double(report.elapsed.nanoseconds) / 1e9
            self.latencySeconds = ReportJSON.Latency(report.tally.latency)
            self.askedAgain = report.again?.takenCount
            self.ended = report.ends?.takenCount
        }
    }
}
