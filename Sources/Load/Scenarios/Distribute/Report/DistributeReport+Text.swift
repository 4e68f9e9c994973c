import Ethereum
import Histogram

/// The report for people.
extension DistributeReport {
    package var text: String {
        var lines = [self.recipients] + self.phases.flatMap(self.lines) + self.sending + self.outcomes
        if self.isChecked { lines += self.chain }
        lines.append("")
        if self.passed {
            lines.append(self.isChecked ? "PASSED: the coins are exact" : "PASSED: the chain was not checked")
        } else {
            lines.append("FAILED")
            lines += self.complaints.map { "  \($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var recipients: String {
        let addresses = self.evidence.recipients.addresses
        let others = addresses.count > 1 ? " and \(addresses.count - 1) others, seed \(self.configuration.seed)" : ""
        return "recipients  \(addresses.first.map(\.text) ?? "none")\(others)"
    }

    private func lines(_ phase: Phase) -> [String] {
        var pace = ""
        if let rate = phase.phase.rate {
            let lag = ReportText.percentiles(phase.tally.lag, [("p99", 99), ("max", 100)])
            pace = " for \(rate)/s, behind by \(lag)"
        }
        let name = phase.phase.name + String(repeating: " ", count: max(12 - phase.phase.name.utf8.count, 1))
        var lines = [
            "\(name)\(phase.tally.takenCount) of \(phase.phase.count) accepted in "
                + "\(ReportText.seconds(phase.elapsed)) s, \(Int(self.rate(phase)))/s\(pace)",
            "  statuses  \(ReportText.list(phase.tally.statuses))",
            "  to accept \(ReportText.percentiles(phase.tally.latency))",
        ]
        if phase.tally.repeatLatency.totalCount > 0 {
            lines.append("  of repeats \(ReportText.percentiles(phase.tally.repeatLatency))")
        }
        return lines
    }

    private var sending: [String] {
        let tally = self.tally
        var lines = ["requests    \(tally.attempts) over \(tally.connects) connections"]
        if self.configuration.hasKeys {
            lines.append("repeats     \(tally.repeats) on purpose, \(tally.replays) answers were replays")
        }
        if tally.retryCount > 0 {
            lines.append("sent again  \(tally.retryCount) (\(ReportText.list(tally.retries)))")
        }
        if tally.connectFailures > 0 {
            lines.append("connects    \(tally.connects), failed \(tally.connectFailures)")
        }
        return lines
    }

    private var outcomes: [String] {
        let count = self.count
        var lines = [
            "accepted    \(count.submitted) at once, \(count.queued) for later",
            "delivered   \(count.delivered)"
                + (count.deliveredLater > 0 ? ", \(count.deliveredLater) of them later" : ""),
        ]
        if count.failed > 0 { lines.append("failed      \(count.failed)") }
        if count.unfinished > 0 { lines.append("unfinished  \(count.unfinished)") }
        if count.refused > 0 { lines.append("refused     \(count.refused)") }
        let why = self.tally.lost.isEmpty ? "" : " (\(ReportText.list(self.tally.lost)))"
        lines.append("doubtful    \(count.doubtful)\(why)")
        return lines
    }

    private var chain: [String] {
        var lines: [String] = []
        for (sender, used) in self.evidence.nonces.sorted(by: { $0.key.lowercased < $1.key.lowercased }) {
            let (first, last) = (used.keys.min() ?? 0, used.keys.max() ?? 0)
            let others = last - first - UInt64(used.count - 1)
            lines.append(
                "sender      \(sender): \(used.count) transactions, nonces \(first) to \(last)"
                    + (others == 0 ? ", gapless" : ", \(others) of them others'")
            )
        }
        let expected = self.expected
        let most = expected.most > expected.least ? " to \(expected.most)" : ""
        let amount = self.count.amount.map { " of \($0) wei" } ?? ""
        lines.append(
            "coins       \(expected.least)\(most)\(amount) expected, \(self.found.map { "\($0)" } ?? "none") found"
        )
        return lines
    }
}
