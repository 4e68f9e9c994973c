/// The report for people.
extension AcceptReport {
    package var text: String {
        var lines = self.summary
        if !self.rows.isEmpty {
            lines.append("")
            lines += self.table
        }
        lines.append("")
        if self.passed {
            lines.append(self.isChecked ? "PASSED: the counts are exact" : "PASSED: counts not checked")
        } else {
            lines.append("FAILED")
            lines += self.complaints.map { "  \($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var summary: [String] {
        let tally = self.tally
        var lines = [
            "requests   \(self.configuration.requests) in \(Self.fixed(Double(self.elapsed.nanoseconds) / 1e9, 2)) s, "
                + "\(Int(self.rate))/s over \(self.configuration.connections) connections",
            "ok         \(tally.acked)",
        ]
        if tally.failedCount > 0 { lines.append("failed     \(Self.list(tally.failed))") }
        if tally.unknownCount > 0 { lines.append("unknown    \(Self.list(tally.unknown))") }
        if tally.unsent > 0 { lines.append("not sent   \(tally.unsent)") }
        if tally.repeated > 0 { lines.append("repeated   \(tally.repeated) attempts (\(Self.list(tally.doubts)))") }
        if tally.connectFailures > 0 {
            lines.append("connects   \(tally.connects), failed \(tally.connectFailures)")
        }
        let levels: [(String, Double)] = [("p50", 50), ("p90", 90), ("p99", 99), ("p99.9", 99.9), ("max", 100)]
        let latencies = levels.map { name, percent in "\(name) \(Self.fixed(self.latency(percent: percent) * 1000, 2))"
        }
        lines.append("latency    \(latencies.joined(separator: "  ")) ms")
        lines.append("X-Unique   1: \(tally.firsts)  0: \(tally.seconds)")
        return lines
    }

    private var table: [String] {
        let head = ["window", "reported", "acked", "first", "before", "doubtful", "right", "verdict"]
        let body = self.rows.map { row in
            let highest = row.highest.map(String.init) ?? "more"
            return [
                RFC3339.text(row.start), row.reported.map(String.init) ?? "-", "\(row.acked)", "\(row.first)",
                "\(row.before)", "\(row.doubtful)",
                highest == "\(row.lowest)" ? highest : "\(row.lowest) to \(highest)",
                row.isRight ? "ok" : "WRONG",
            ]
        }
        let widths = head.indices.map { column in ([head] + body).map { $0[column].count }.max() ?? 0 }
        return ([head] + body).map { cells in
            zip(cells, widths).enumerated()
                .map { index, cell in
                    let padding = String(repeating: " ", count: cell.1 - cell.0.count)
                    return index == 0 || index == head.count - 1 ? cell.0 + padding : padding + cell.0
                }
                .joined(separator: "  ")
        }
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
