/// The report for programs: one JSON object on one line, keys in order of the alphabet.
extension AcceptReport {
    package var json: String { ReportJSON.text(Document(self)) }

    private struct Document: Encodable {
        struct Latency: Encodable {
            let p50, p90, p99, p999, max: Double
        }

        struct Window: Encodable {
            let minute: String
            let reported: Int?
            let acked, first, before, doubtful, lowest: Int
            let highest: Int?
            let isRight: Bool
        }

        let passed, checked: Bool
        let complaints: [String]
        let requests, ok, attempts, repeated, notSent: Int
        let failed, unknown: [String: Int]
        let elapsedSeconds, ratePerSecond: Double
        let latencySeconds: Latency
        let uniqueFirst, uniqueAgain: Int
        let windows: [Window]

        init(_ report: AcceptReport) {
            let tally = report.tally
            self.passed = report.passed
            self.checked = report.isChecked
            self.complaints = report.complaints
            self.requests = report.configuration.requests
            self.ok = tally.acked
            self.attempts = tally.attempts
            self.repeated = tally.repeated
            self.notSent = tally.unsent
            self.failed = Dictionary(tally.failed.map { ("\($0.key)", $0.value) }, uniquingKeysWith: +)
            self.unknown = Dictionary(tally.unknown.map { ("\($0.key)", $0.value) }, uniquingKeysWith: +)
            self.elapsedSeconds = Double(report.elapsed.nanoseconds) / 1e9
            self.ratePerSecond = report.rate
            self.latencySeconds = Latency(
                p50: report.latency(percent: 50),
                p90: report.latency(percent: 90),
                p99: report.latency(percent: 99),
                p999: report.latency(percent: 99.9),
                max: report.latency(percent: 100)
            )
            self.uniqueFirst = tally.firsts
            self.uniqueAgain = tally.seconds
            self.windows = report.rows.map { row in
                Window(
                    minute: RFC3339.text(row.start),
                    reported: row.reported,
                    acked: row.acked,
                    first: row.first,
                    before: row.before,
                    doubtful: row.doubtful,
                    lowest: row.lowest,
                    highest: row.highest,
                    isRight: row.isRight
                )
            }
        }
    }
}
