/// The findings of a load of coupons.
package struct CouponsReport: Sendable {
    /// The tally of each phase; nil when there was none.
    package struct Tallies: Sendable {
        package var early: ChangeTally?
        package var issues = ChangeTally()
        package var late: ChangeTally?

        package init() {}

        package var all: ChangeTally {
            [self.early, self.issues, self.late].reduce(into: ChangeTally()) { sum, tally in
                if let tally { sum.add(tally) }
            }
        }
    }

    package let configuration: CouponsLoadConfiguration
    package let evidence: CouponEvidence
    package let tallies: Tallies
    /// Of all phases.
    package let tally: ChangeTally
    /// Looks at the campaign while coupons were issued.
    package let looks: Int
    package let findings: Findings<CouponViolation>
    /// From the first issue after the start to the last code.
    package let elapsed: Duration
    /// From the making of the campaign until all was compared.
    package let total: Duration

    package init(
        _ configuration: CouponsLoadConfiguration,
        _ evidence: CouponEvidence,
        _ tallies: Tallies,
        looks: Int,
        _ findings: Findings<CouponViolation>,
        elapsed: Duration,
        total: Duration
    ) {
        self.configuration = configuration
        self.evidence = evidence
        self.tallies = tallies
        self.tally = tallies.all
        self.looks = looks
        self.findings = findings
        self.elapsed = elapsed
        self.total = total
    }

    /// Why it did not pass, with an example of each kind; empty when it did.
    package var complaints: [String] {
        var complaints = self.tally.complaints(word: "issue", isBehindProxy: self.configuration.isBehindProxy)
        if self.tally.lostCount > 0 && !self.configuration.isAllowingUnknown {
            complaints.append(
                "\(self.tally.lostCount) issues have an unknown outcome (\(ReportText.list(self.tally.lost))); "
                    + "--request-ids would send them again, and --allow-unknown let them be"
            )
        }
        if !self.evidence.early.isEmpty, self.earlyRefused == 0 {
            complaints.append("no issue before the start was refused as not started")
        }
        if self.issued == 0, self.evidence.most > self.evidence.before.count {
            complaints.append("no coupon was issued")
        }
        return complaints + self.findings.complaints
    }

    package var passed: Bool { self.complaints.isEmpty }

    /// 0 passed, 1 failed; a load that could not run has no report, and 2.
    package var exitCode: Int32 { self.passed ? 0 : 1 }

    /// Issues before the start that were refused because of it.
    package var earlyRefused: Int { self.evidence.early.count { $0.state == .refused(.notStarted) } }

    /// Codes that were handed out after the start.
    package var issued: Int { self.evidence.issues.count { $0.code != nil } }

    package var doubtful: Int { self.evidence.all.count { $0.record.state == .doubtful } }

    /// Codes per second, from the first issue after the start to the last code.
    package var rate: Double {
        let seconds = Double(self.elapsed.nanoseconds) / 1e9
        return seconds > 0 ? Double(self.issued) / seconds : 0
    }
}
