/// The findings of a load of payments.
package struct PaymentsReport: Sendable {
    package let configuration: PaymentsLoadConfiguration
    package let tally: ChangeTally
    package let outcome: PaymentsOutcome
    /// Whether the accounts were compared.
    package let isChecked: Bool
    package let findings: PaymentFindings
    /// From the first payment to the last answer, and until all were over and compared.
    package let elapsed: Duration
    package let total: Duration

    package init(
        _ configuration: PaymentsLoadConfiguration,
        _ tally: ChangeTally,
        _ outcome: PaymentsOutcome,
        isChecked: Bool,
        _ findings: PaymentFindings,
        elapsed: Duration,
        total: Duration
    ) {
        self.configuration = configuration
        self.tally = tally
        self.outcome = outcome
        self.isChecked = isChecked
        self.findings = findings
        self.elapsed = elapsed
        self.total = total
    }

    /// Why it did not pass, with an example of each kind; empty when it did.
    ///
    /// A payment that was never answered is none: it happened as a whole or not at all, which the findings say.
    package var complaints: [String] {
        var tally = self.tally
        (tally.unanswered, tally.unansweredRepeats) = (0, 0)
        var complaints = tally.complaints(word: "payment", isBehindProxy: self.configuration.isBehindProxy)
        if self.outcome.accepted == 0 { complaints.append("no payment was accepted") }
        return complaints + self.findings.complaints
    }

    package var passed: Bool { self.complaints.isEmpty }

    /// 0 passed, 1 failed; a load that could not run has no report, and 2.
    package var exitCode: Int32 { self.passed ? 0 : 1 }
}
