/// The report for programs.
extension CouponsReport {
    package var json: String { ReportJSON.text(Document(self)) }

    private struct Document: Encodable {
        let passed: Bool
        let complaints: [String]
        let pattern, codec, service, runID: String
        let seed: Int
        let campaignID, totalCoupons: Int64
        let isLeased, hasRequestID: Bool
        let early, earlyRefused, issues, issued, late, lateRefused, doubtful, unsent, looks, before: Int
        let attempts, repeats, retries, replays, mismatches, connects, connectFailures: Int
        let refused, retryReasons, doubtReasons, statuses, wrongAnswers, violations: [String: Int]
        /// Missing when it could not be read.
        let listedCodes, listedCoupons: Int?
        let issuedPerSecond, seconds, totalSeconds: Double
        let latencySeconds, repeatLatencySeconds, behindSeconds: ReportJSON.Latency

        init(_ report: CouponsReport) {
            let (tally, issues) = (report.tally, report.tallies.issues)
            self.passed = report.passed
            self.complaints = report.complaints
            self.pattern = report.configuration.pattern.rawValue
            self.codec = report.configuration.codec.rawValue
            self.service = report.configuration.service
            self.runID = report.configuration.runID
            self.seed = report.configuration.seed
            self.campaignID = report.evidence.campaign.id
            self.totalCoupons = report.evidence.campaign.quota
            self.isLeased = report.evidence.campaign.isLeased
            self.hasRequestID = report.configuration.hasRequestIDs
            self.early = report.evidence.early.count
            self.earlyRefused = report.earlyRefused
            self.issues = report.evidence.issues.count
            self.issued = report.issued
            self.late = report.evidence.late.count
            self.lateRefused = report.tallies.late?.refusedCount ?? 0
            self.doubtful = report.doubtful
            self.unsent = tally.unsent
            self.looks = report.looks
            self.before = report.evidence.before.count
            self.attempts = tally.attempts
            self.repeats = tally.repeats
            self.retries = tally.retryCount
            self.replays = tally.replays
            self.mismatches = tally.mismatches
            self.connects = tally.connects
            self.connectFailures = tally.connectFailures
            self.refused = issues.refused
            self.retryReasons = ReportText.named(tally.retries)
            self.doubtReasons = ReportText.named(tally.lost)
            self.statuses = ReportText.named(tally.statuses)
            self.wrongAnswers = tally.failures
            self.violations = report.findings.counts
            self.listedCodes = report.evidence.listing?.codes.count
            self.listedCoupons = report.evidence.listing?.coupons.count
            self.issuedPerSecond = report.rate
            self.seconds = Double(report.elapsed.nanoseconds) / 1e9
            self.totalSeconds = Double(report.total.nanoseconds) / 1e9
            self.latencySeconds = ReportJSON.Latency(issues.latency)
            self.repeatLatencySeconds = ReportJSON.Latency(issues.repeatLatency)
            self.behindSeconds = ReportJSON.Latency(issues.lag)
        }
    }
}
