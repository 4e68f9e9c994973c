import Histogram

/// The report for people.
extension PaymentsReport {
    package var text: String {
        var lines = self.sending + self.outcomes
        if self.isChecked {
            let sum = Cents.text(self.findings.sum)
            lines.append(
                "compared    \(self.findings.accounts) accounts with \(self.findings.entries) entries, "
                    + "which hold \(sum)"
            )
        }
        lines.append("")
        if self.passed {
            lines.append(self.isChecked ? "PASSED: the accounts are exact" : "PASSED: accounts not checked")
        } else {
            lines.append("FAILED")
            lines += self.complaints.map { "  \($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var sending: [String] {
        let configuration = self.configuration
        let tally = self.tally
        var pace = ""
        if let rate = configuration.rate {
            let lag = ReportText.percentiles(tally.lag, [("p99", 99), ("max", 100)])
            pace = " for \(rate)/s, behind by \(lag)"
        }
        var lines = [
            "accounts    \(configuration.accounts), \(configuration.prefix)-0 to "
                + "\(configuration.prefix)-\(configuration.accounts - 1), \(configuration.pattern.rawValue), "
                + "\(Cents.text(configuration.balance)) each, seed \(configuration.seed)",
            "sent        \(configuration.payments - tally.unsent) payments in "
                + "\(ReportText.seconds(self.elapsed)) s\(pace)",
            "requests    \(tally.attempts) over \(tally.connects) connections",
            "repeats     \(tally.repeats) on purpose, \(tally.replays) answers were replays",
        ]
        if tally.retryCount > 0 {
            lines.append("sent again  \(tally.retryCount) (\(ReportText.list(tally.retries)))")
        }
        lines.append("statuses    \(ReportText.list(tally.statuses))")
        if tally.connectFailures > 0 {
            lines.append("connects    \(tally.connects), failed \(tally.connectFailures)")
        }
        return lines
    }

    private var outcomes: [String] {
        let outcome = self.outcome
        let span = "over \(ReportText.seconds(outcome.span)) s"
        var lines = [
            "accepted    \(outcome.accepted), \(Int(outcome.rate(outcome.accepted)))/s \(span)",
            "done        \(outcome.done), \(Int(outcome.rate(outcome.done)))/s \(span)",
            "failed      \(outcome.failedCount)"
                + (outcome.failed.isEmpty ? "" : " (\(ReportText.list(outcome.failed)))"),
        ]
        if outcome.unfinished > 0 { lines.append("unfinished  \(outcome.unfinished)") }
        if outcome.lost > 0 { lines.append("lost        \(outcome.lost)") }
        if outcome.unanswered + outcome.adopted > 0 {
            lines.append(
                "unanswered  \(outcome.unanswered + outcome.adopted), of them \(outcome.adopted) found, "
                    + "the others not made"
            )
        }
        lines.append("to accept   \(ReportText.percentiles(self.tally.latency))")
        if self.tally.repeatLatency.totalCount > 0 {
            lines.append("of repeats  \(ReportText.percentiles(self.tally.repeatLatency))")
        }
        lines.append("to done     \(ReportText.percentiles(outcome.latency)), by the store's clock")
        return lines
    }
}
