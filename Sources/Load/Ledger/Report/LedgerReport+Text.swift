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
        let seconds = Self.fixed(Double(self.elapsed.nanoseconds) / 1e9, 2)
        var lines = [
            "users       \(users), \(prefix)-0 to \(prefix)-\(users - 1), seed \(self.configuration.seed)",
            "adds        \(self.configuration.adds) in \(seconds) s, \(Int(self.rate))/s "
                + "over \(self.configuration.connections) connections",
            "taken       \(self.taken)" + (tally.queued > 0 ? ", \(tally.queued) of them queued" : ""),
            "requests    \(tally.attempts), \(Int(self.requestRate))/s",
            "repeats     \(tally.repeats) on purpose, \(tally.replays) answers were replays",
        ]
        if tally.retryCount > 0 { lines.append("sent again  \(tally.retryCount) (\(Self.list(tally.retries)))") }
        if tally.unexplainedReplays > 0 {
            lines.append("only replays \(tally.unexplainedReplays) adds, with no answer that was lost")
        }
        lines.append("statuses    \(Self.list(tally.statuses))")
        if !tally.durabilities.isEmpty { lines.append("durability  \(Self.list(tally.durabilities))") }
        if tally.connectFailures > 0 {
            lines.append("connects    \(tally.connects), failed \(tally.connectFailures)")
        }
        lines.append("latency     \(Self.percentiles(tally.latency))")
        if tally.repeatLatency.totalCount > 0 {
            lines.append("of repeats  \(Self.percentiles(tally.repeatLatency))")
        }
        return lines
    }

    private static func percentiles(_ histogram: Histogram<UInt64>) -> String {
        let levels: [(String, Double)] = [("p50", 50), ("p90", 90), ("p99", 99), ("p99.9", 99.9), ("max", 100)]
        return levels.map { name, percent in
            "\(name) \(Self.fixed(Self.latency(histogram, percent: percent) * 1000, 2))"
        }
        .joined(separator: "  ") + " ms"
    }

    private static func list<Key>(_ counts: [Key: Int]) -> String {
        counts.map { "\($0.key): \($0.value)" }.sorted().joined(separator: ", ")
    }

    /// A number with so many decimals; `String(format:)` is in full Foundation only.
    private static func fixed(_ value: Double, _ decimals: Int) -> String {
        var scale = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int((value * Double(scale)).rounded())
        let fraction = String(scaled % scale)
        return "\(scaled / scale)." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }
}
