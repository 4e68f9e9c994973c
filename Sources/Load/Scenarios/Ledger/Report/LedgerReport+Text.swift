import Histogram

/// The report for people.
extension LedgerReport {
    package var text: String {
        var lines = self.summary
        if let findings = self.findings {
            lines.append(
                "compared    \(findings.balances) balances, \(findings.histories) histories with \(findings.entries) "
                    + "entries, \(findings.statements) statements, \(findings.queued) queued transactions"
            )
        }
        lines.append("")
        if self.passed {
            lines.append(self.findings == nil ? "PASSED: accounts not checked" : "PASSED: the accounts are exact")
        } else {
            lines.append("FAILED")
            lines += self.complaints.map { "  \($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var summary: [String] {
        let tally = self.tally
        let users = self.configuration.users
        let prefix = self.configuration.effectiveUserPrefix
        let seconds = ReportText.seconds(self.elapsed)
        var lines = [
            "users       \(users), \(prefix)-0 to \(prefix)-\(users - 1), seed \(self.configuration.seed)",
            "adds        \(self.configuration.adds) in \(seconds) s, \(Int(self.rate))/s "
                + "over \(self.configuration.connections) connections",
            "taken       \(self.taken)" + (tally.queued > 0 ? ", \(tally.queued) of them queued" : ""),
            "requests    \(tally.attempts), \(Int(self.requestRate))/s",
            "repeats     \(tally.repeats) on purpose, \(tally.replays) answers were replays",
        ]
        if tally.retryCount > 0 { lines.append("sent again  \(tally.retryCount) (\(ReportText.list(tally.retries)))") }
        if tally.unexplainedReplays > 0 {
            lines.append("only replays \(tally.unexplainedReplays) adds, with no answer that was lost")
        }
        lines.append("statuses    \(ReportText.list(tally.statuses))")
        if !tally.durabilities.isEmpty { lines.append("durability  \(ReportText.list(tally.durabilities))") }
        if tally.connectFailures > 0 {
            lines.append("connects    \(tally.connects), failed \(tally.connectFailures)")
        }
        lines.append("latency     \(ReportText.percentiles(tally.latency))")
        if tally.repeatLatency.totalCount > 0 {
            lines.append("of repeats  \(ReportText.percentiles(tally.repeatLatency))")
        }
        return lines
    }
}
