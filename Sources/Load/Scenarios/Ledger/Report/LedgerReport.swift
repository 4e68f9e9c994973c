/// The findings of a load of the ledger.
package struct LedgerReport: Sendable {
    package let configuration: LedgerLoadConfiguration
    package let tally: ChangeTally
    /// From the first add to the last answer.
    package let elapsed: Duration
    /// The findings of the comparison of the accounts; nil when nothing was compared.
    package private(set) var findings: LedgerFindings?
    /// Why it did not pass, with the first ones of many; empty when it did.
    package private(set) var complaints: [String]

    /// A report of the answers alone, without the accounts.
    package init(_ configuration: LedgerLoadConfiguration, _ tally: ChangeTally, elapsed: Duration) {
        self.configuration = configuration
        self.tally = tally
        self.elapsed = elapsed
        self.complaints = tally.complaints(word: "add", isBehindProxy: configuration.isBehindProxy)
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
}
