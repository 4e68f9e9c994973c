import Histogram

/// The report for people.
extension MixedReport {
    package var text: String {
        let total = self.total
        let seconds = ReportText.seconds(self.elapsed)
        let keys = self.configuration.isKeyless ? "without keys" : "with keys"
        var lines = [
            "requests    \(total.sent) in \(seconds) s, \(keys), each sent again "
                + "\(self.configuration.retries) times at most",
            "",
            Self.row("kind", ["sent", "good", "refused", "failed", "again", "p50 ms", "p99 ms", "max ms"]),
        ]
        for operation in MixedOperation.allCases {
            if let counts = self.counts[operation] { lines.append(Self.row(operation.rawValue, counts)) }
        }
        lines += [Self.row("all", total), ""]
        lines.append("failed      \(total.failed) of \(total.sent), \(ReportText.fixed(self.failedPercent, 4)) %")
        lines += self.reasons.sorted { $0.key < $1.key }.map { "  \($0.value) times \($0.key)" }
        lines.append("statuses    \(ReportText.list(self.tally.statuses))")
        lines.append("latency     \(ReportText.percentiles(self.tally.latency)) from when a request was due")
        if let again = self.again {
            let all = again.takenCount + again.doubtful.count
            lines.append("asked again \(again.takenCount) of \(all) changes, answered as before")
        }
        if let ends = self.ends { lines.append("ended       \(ends.takenCount) payments and coins, as they should") }
        lines.append("")
        lines += self.passed ? ["PASSED"] : ["FAILED"] + self.complaints.map { "  \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func row(_ name: String, _ counts: MixedBook.Counts) -> String {
        let times = [50.0, 99, 100].map { percent in
            ReportText.fixed(ReportText.latency(counts.latency, percent: percent) * 1000, 1)
        }
        let numbers = [counts.sent, counts.good, counts.refused, counts.failed, counts.again]
        return self.row(name, numbers.map(String.init) + times)
    }

    private static func row(_ name: String, _ cells: [String]) -> String {
        let padded = cells.map { String(repeating: " ", count: max(9 - $0.count, 1)) + $0 }
        return name + String(repeating: " ", count: max(10 - name.count, 1)) + padded.joined()
    }
}
