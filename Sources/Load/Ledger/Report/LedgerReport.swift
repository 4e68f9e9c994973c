package import Histogram

/// What a load of the ledger found out.
package struct LedgerReport: Sendable {
    package let configuration: LedgerLoadConfiguration
    package let tally: LedgerTally
    /// From the first add to the last answer.
    package let elapsed: Duration
    /// What the comparison of the accounts found; nil when nothing was compared.
    package private(set) var findings: LedgerFindings?
    /// Why it did not pass, with the first ones of many; empty when it did.
    package private(set) var complaints: [String]

    /// A report of the answers alone, without the accounts.
    package init(_ configuration: LedgerLoadConfiguration, _ tally: LedgerTally, elapsed: Duration) {
        self.configuration = configuration
        self.tally = tally
        self.elapsed = elapsed
        var complaints = tally.failures.sorted { $0.key < $1.key }.map { "\($0.value) answers were wrong: \($0.key)" }
        if let first = tally.firstFailure { complaints.append("the first: \(first)") }
        if let first = tally.firstMismatch {
            complaints.append("\(tally.mismatches) adds had answers that do not fit each other")
            complaints.append("the first: \(first)")
        }
        if tally.unexplainedReplays > 0 && !configuration.isBehindProxy {
            complaints.append(
                "\(tally.unexplainedReplays) adds had only answers that say they are replays "
                    + "(if a proxy may repeat requests, say so: --behind-proxy)"
            )
        }
        if tally.unanswered > 0 { complaints.append("\(tally.unanswered) adds had no answer before the time limit") }
        if tally.unansweredRepeats > 0 {
            complaints.append("\(tally.unansweredRepeats) repeats had no answer before the time limit")
        }
        if tally.unsent > 0 { complaints.append("\(tally.unsent) adds were not sent before the time limit") }
        self.complaints = complaints
    }

    /// Adds the verdict on the accounts.
    package mutating func judge(_ findings: LedgerFindings) {
        self.findings = findings
        self.complaints += findings.shown
        let more = findings.complaintCount - findings.shown.count
        if more > 0 { self.complaints.append("and \(more) more about the accounts") }
    }

    package var passed: Bool { self.complaints.isEmpty }

    /// 0 passed, 1 failed; a load that could not run has no report, and 2.
    package var exitCode: Int32 { self.passed ? 0 : 1 }

    package var taken: Int { self.tally.taken.count }

    /// Adds that were taken, per second.
    package var rate: Double { self.perSecond(self.taken) }

    /// Requests that were sent, per second.
    package var requestRate: Double { self.perSecond(self.tally.attempts) }

    private func perSecond(_ count: Int) -> Double {
        let seconds = Double(self.elapsed.nanoseconds) / 1_000_000_000
        return seconds > 0 ? Double(count) / seconds : 0
    }

    /// Seconds below which this many percent stayed; the longest at 100.
    package static func latency(_ histogram: Histogram<UInt64>, percent: Double) -> Double {
        guard histogram.totalCount > 0 else { return 0 }
        let nanoseconds = percent >= 100 ? histogram.max : histogram.valueAtPercentile(percent)
        return Double(nanoseconds) / 1_000_000_000
    }
}
