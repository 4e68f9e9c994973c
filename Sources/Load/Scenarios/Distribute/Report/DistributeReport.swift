package import Ethereum

/// The findings of a load of the faucet.
package struct DistributeReport: Sendable {
    /// The tally of one phase.
    package struct Phase: Sendable {
        package let phase: DistributionPhase
        package let tally: ChangeTally
        /// From the first request to the last answer.
        package let elapsed: Duration
    }

    package let configuration: DistributeLoadConfiguration
    package let phases: [Phase]
    /// Of all phases.
    package let tally: ChangeTally
    package let evidence: CoinEvidence
    package let count: CoinCount
    package let findings: Findings<DistributionViolation>
    /// From the start until all was compared.
    package let total: Duration

    package init(
        _ configuration: DistributeLoadConfiguration,
        _ phases: [Phase],
        _ evidence: CoinEvidence,
        _ findings: Findings<DistributionViolation>,
        total: Duration
    ) {
        self.configuration = configuration
        self.phases = phases
        self.tally = phases.reduce(into: ChangeTally()) { $0.add($1.tally) }
        self.evidence = evidence
        self.count = CoinCount(evidence)
        self.findings = findings
        self.total = total
    }

    /// Why it did not pass, with an example of each kind; empty when it did.
    package var complaints: [String] {
        var complaints = self.tally.complaints(
            word: "distribution",
            isBehindProxy: self.configuration.isBehindProxy
        )
        complaints += self.phases.flatMap(self.complaints)
        if self.count.accepted == 0 { complaints.append("no distribution was accepted") }
        return complaints + self.findings.complaints
    }

    /// Without keys every answer in sequence or at once must be 200; and nothing is ever an internal error.
    private func complaints(_ phase: Phase) -> [String] {
        // Refusals are complaints of their own.
        var wrong = phase.tally.statuses.filter { $0.key != 200 && !(400..<500).contains($0.key) }
        var complaints: [String] = []
        if phase.phase.rate == nil && !self.configuration.hasKeys {
            let broken = phase.tally.lost.filter { if case .broken = $0.key { true } else { false } }
            if !broken.isEmpty {
                let list = ReportText.list(broken)
                complaints.append("\(phase.phase.name): requests without an answer (\(list))")
            }
        } else {
            wrong = wrong.filter { ![202, 502, 503, 504].contains($0.key) }
        }
        if !wrong.isEmpty {
            complaints.append("\(phase.phase.name): answers with a status that is not 200 (\(ReportText.list(wrong)))")
        }
        return complaints
    }

    package var passed: Bool { self.complaints.isEmpty }

    /// 0 passed, 1 failed; a load that could not run has no report, and 2.
    package var exitCode: Int32 { self.passed ? 0 : 1 }

    /// Whether transactions and balances were compared.
    package var isChecked: Bool { !self.evidence.after.isEmpty }

    /// Coins that the recipients must have got, and may have got.
    package var expected: (least: UInt64, most: UInt64) {
        (self.count.least.reduce(0, +), self.count.most.reduce(0, +))
    }

    /// Wei by which all balances rose together; nil when that is not known, or they fell.
    package var rise: Wei? {
        guard self.isChecked else { return nil }
        let sums = [self.evidence.before, self.evidence.after]
            .map { $0.reduce(Wei.zero as Wei?) { sum, balance in sum?.adding(balance) } }
        guard let before = sums[0], let after = sums[1] else { return nil }
        return after.subtracting(before)
    }

    /// Whole coins in the rise.
    package var found: UInt64? {
        guard let amount = self.count.amount else { return nil }
        return self.rise?.divided(by: amount)?.quotient.exact
    }

    package func rate(_ phase: Phase) -> Double {
        let seconds = Double(phase.elapsed.nanoseconds) / 1e9
        return seconds > 0 ? Double(phase.tally.takenCount) / seconds : 0
    }
}
