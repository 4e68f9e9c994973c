/// The report for people.
extension CouponsReport {
    package var text: String {
        var lines = self.lines.map(Self.text)
        let untold = self.campaigns - self.lines.count
        if untold > 0 { lines.append("           and \(untold) campaigns more") }
        lines.append("campaigns  \(self.campaigns), \(self.issued) coupons, \(self.distinctCodes) distinct codes")
        if self.incomplete > 0 { lines.append("incomplete \(self.incomplete) ids without a campaign") }
        lines.append("took       \((self.elapsed / .seconds(1) * 100).rounded() / 100) s")
        lines.append("")
        lines += self.undecided.map { "UNDECIDED  \($0.key): \($0.reason)" }
        lines += self.violations.first.map {
            "VIOLATION  \($0.kind.rawValue) in \($0.key): expected \($0.expected), found \($0.found)"
        }
        let more = self.violations.total - self.violations.first.count
        if more > 0 { lines.append("           and \(more) more") }
        lines.append(self.conclusion)
        return lines.joined(separator: "\n")
    }

    private static func text(_ line: Line) -> String {
        let codes = line.distinctCodes.map { "\($0) distinct codes" } ?? "codes unknown"
        let limit =
            line.userLimit > 0
            ? ", \(line.users) users with at most \(line.userLimit), \(line.usersOverLimit) with more" : ""
        let verdict = line.violations > 0 ? "  \(line.violations) VIOLATIONS" : ""
        let name = String(String.UnicodeScalarView(line.name.unicodeScalars.filter(Self.isPrintable)))
        return "campaign   \(line.id) \(line.mode.rawValue): \(line.issued) of \(line.quota) issued, \(codes), "
            + "\(line.holes) holes, \(line.redeemed) redeemed, \(line.voided) voided\(limit)  (\(name))\(verdict)"
    }

    /// Whether it does nothing to a terminal.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        ![.control, .format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
    }

    private var conclusion: String {
        if self.violations.total > 0 {
            let counts = self.violations.counts.map { "\($0.key.rawValue): \($0.value)" }.sorted()
            return "VIOLATED: \(self.violations.total) (\(counts.joined(separator: ", ")))"
        }
        guard self.undecided.isEmpty else { return "UNDECIDED: no violation found, but not all could be told" }
        return "CLEAN: never more than a quota, each coupon once and with a code of its own"
    }
}
