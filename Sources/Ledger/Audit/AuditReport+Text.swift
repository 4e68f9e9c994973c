/// The report for people.
extension AuditReport {
    package var text: String {
        let seconds = self.elapsed / .seconds(1)
        var lines = [
            "accounts   \(self.accounts)",
            "entries    \(self.entries)",
            "shards     \(self.shards) of 64 in use",
            "took       \(Self.fixed(seconds)) s",
        ]
        if let bytes = self.memory.bytesPerEntry {
            lines.append(
                "memory     \(Self.fixed(bytes)) bytes an entry (\(self.memory.longAccounts) accounts measured)"
            )
        }
        if let bytes = self.memory.bytesPerNewAccount {
            lines.append(
                "memory     \(Self.fixed(bytes)) bytes a user with one entry (\(self.memory.newAccounts) measured)"
            )
        }
        lines.append("")
        lines += self.undecided.map { "UNDECIDED  \($0.key): \($0.reason)" }
        lines += self.violations.first.map { violation in
            let place = violation.sequence.map { ", entry \($0)" } ?? ""
            return "VIOLATION  \(violation.kind.rawValue) in \(violation.key)\(place): expected \(violation.expected), "
                + "found \(violation.found)"
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
            return "UNDECIDED: no violation found, but \(self.undecided.count) sums could not be had at one instant"
        }
        return "CLEAN: every balance is the sum of its entries, and every shard adds up to nothing"
    }

    /// One decimal; `String(format:)` is in full Foundation only.
    package static func fixed(_ value: Double) -> String {
        guard value.isFinite, value >= 0, value < 1e15 else { return "?" }
        let tenths = Int64((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
