import Histogram

/// The findings of a mixed load.
package struct MixedReport: Sendable {
    package let configuration: MixedLoadConfiguration
    package let counts: [MixedOperation: MixedBook.Counts]
    package let reasons: [String: Int]
    package let tally: ChangeTally
    package let elapsed: Duration
    /// The second sending of every change, unless they have no keys.
    package var again: ChangeTally?
    package var takenAtLast: [Int: MixedBook.Record] = [:]
    /// How payments and coins were followed to their end.
    package var ends: ChangeTally?
    package var findings = Findings<MixedViolation>()

    package init(
        _ configuration: MixedLoadConfiguration,
        _ book: MixedBook,
        _ tally: ChangeTally,
        elapsed: Duration
    ) {
        self.configuration = configuration
        self.counts = book.counts
        self.reasons = book.reasons
        self.tally = tally
        self.elapsed = elapsed
    }

    /// All kinds together.
    package var total: MixedBook.Counts {
        self.counts.values.reduce(into: MixedBook.Counts()) { total, counts in
            total.sent += counts.sent
            total.good += counts.good
            total.refused += counts.refused
            total.failed += counts.failed
            total.again += counts.again
            total.latency.add(counts.latency)
        }
    }

    package var failedPercent: Double {
        let total = self.total
        return total.sent > 0 ? Double(total.failed + self.tally.unanswered) * 100 / Double(total.sent) : 0
    }

    /// All that is wrong; nothing when the load has passed.
    package var complaints: [String] {
        var complaints = self.findings.complaints
        let limit = self.configuration.failedPercentLimit
        if self.failedPercent > limit {
            complaints.append(
                "\(self.total.failed + self.tally.unanswered) requests failed, "
                    + "\(ReportText.fixed(self.failedPercent, 3)) %, and \(ReportText.fixed(limit, 3)) % may"
            )
        }
        if self.total.refused > 0 { complaints.append("\(self.total.refused) requests were refused with 4xx") }
        if let first = self.tally.firstMismatch {
            complaints.append("\(self.tally.mismatches) changes had answers that do not fit; the first: \(first)")
        }
        if self.tally.unsent > 0 { complaints.append("\(self.tally.unsent) requests were not sent in time") }
        if let again = self.again {
            complaints += again.complaints(word: "change", isBehindProxy: true).map { "asked again: \($0)" }
        }
        if let ends = self.ends {
            complaints += ends.complaints(word: "payment or coin", isBehindProxy: true).map { "at the end: \($0)" }
        }
        return complaints
    }

    package var passed: Bool { self.complaints.isEmpty }

    package var exitCode: Int32 { self.passed ? 0 : 1 }
}
