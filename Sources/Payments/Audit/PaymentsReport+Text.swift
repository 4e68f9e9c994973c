import Ledger
import Redis

/// The report for people: the ledger's, and below it that of payments.
extension PaymentsReport {
    package var text: String {
        var lines = [self.ledger.text, "", "payments   \(self.payments)"]
        for state in Payment.State.allCases {
            guard let count = self.states[state] else { continue }
            lines.append("           \(count) \(state.rawValue)")
        }
        if let oldest = self.oldest {
            let age = AuditReport.fixed(oldest / .seconds(1))
            lines.append("unfinished \(self.unfinished), the oldest made \(age) s ago")
        }
        if self.unswept > 0 { lines.append("unswept    \(self.unswept)") }
        if self.dead > 0 { lines.append("dead       \(self.dead)") }
        lines += self.letters.map {
            let reason = LoggedText.printable($0.reason, limit: 200)
            return "           \($0.payment): \(reason)"
        }
        lines.append("took       \(AuditReport.fixed(self.elapsed / .seconds(1))) s")
        lines.append("")
        lines += self.undecided.map { "UNDECIDED  \($0.key): \($0.reason)" }
        lines += self.violations.first.map {
            "VIOLATION  \($0.kind.rawValue) in \($0.key): expected \($0.expected), found \($0.found)"
        }
        let untold = self.violations.total - self.violations.first.count
        if untold > 0 { lines.append("           and \(untold) more") }
        lines.append(self.conclusion)
        return lines.joined(separator: "\n")
    }

    private var conclusion: String {
        if self.violations.total > 0 {
            let counts = self.violations.counts.map { "\($0.key.rawValue): \($0.value)" }.sorted()
            return "VIOLATED: \(self.violations.total) (\(counts.joined(separator: ", ")))"
        }
        guard self.undecided.isEmpty else {
            return "UNDECIDED: no violation found, but what is on its way could not be had at one instant"
        }
        return "CLEAN: every payment moved its amount once or not at all, and nothing is left behind"
    }
}
