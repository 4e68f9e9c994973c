/// Compares what was handed out and refused with what the service lists, exactly.
package struct CouponCheck {
    let evidence: CouponEvidence
    let issues: [CouponEvidence.Issue]
    /// The issue that was handed each code first.
    private(set) var handed: [String: CouponEvidence.Issue] = [:]
    var findings = Findings<CouponViolation>()

    private init(_ evidence: CouponEvidence) {
        self.evidence = evidence
        self.issues = evidence.all
    }

    /// All that is wrong.
    package static func findings(_ evidence: CouponEvidence) -> Findings<CouponViolation> {
        var check = CouponCheck(evidence)
        check.compareHanded()
        check.compareRefusals()
        check.compareLate()
        if let listing = evidence.listing { check.compare(listing) }
        return check.findings
    }

    /// Every code once, and none of them before the start.
    private mutating func compareHanded() {
        let before = Set(self.evidence.before)
        for issue in self.issues {
            guard let code = issue.record.code else { continue }
            if !CodeForm.holds(code) { self.findings.add(.badCode, "\(code), of \(issue.name)") }
            if before.contains(code) { self.findings.add(.handedBefore, "\(code), of \(issue.name)") }
            if issue.record.endedAt < self.evidence.campaign.closedUntil {
                self.findings.add(.earlyIssue, "\(code), of \(issue.name)")
            }
            if let other = self.handed[code] {
                self.findings.add(.handedTwice, "\(code), of \(other.name) and of \(issue.name)")
            } else {
                self.handed[code] = issue
            }
        }
        // Codes that were listed and handed out once more are counted once.
        let count = self.handed.keys.count { !before.contains($0) } + before.count
        if count > self.evidence.campaign.quota {
            self.findings.add(.oversold, "\(count) of \(self.evidence.campaign.quota) were handed out")
        }
    }

    private mutating func compareRefusals() {
        let campaign = self.evidence.campaign
        for issue in self.issues {
            guard case .refused(let refusal) = issue.record.state else { continue }
            let isEarly = issue.record.endedAt < campaign.closedUntil
            switch refusal {
            case .notStarted:
                if issue.record.sentAt >= campaign.openFrom { self.findings.add(.notStarted, issue.name) }
            case .ended: self.findings.add(.otherRefusal, "\(issue.name): \(refusal.rawValue)")
            case .soldOut:
                if isEarly { self.findings.add(.otherRefusal, "\(issue.name): \(refusal.rawValue)") }
            case .userLimit:
                if isEarly || campaign.userLimit == 0 {
                    self.findings.add(.otherRefusal, "\(issue.name): \(refusal.rawValue)")
                }
            }
        }
    }

    /// Sold out is final: no issue that is sent after such an answer succeeds.
    private mutating func compareLate() {
        let soldOutAt = self.issues
            .compactMap { $0.record.state == .refused(.soldOut) ? $0.record.endedAt : nil }
            .min()
        guard let soldOutAt else { return }
        for issue in self.issues where issue.record.sentAt > soldOutAt {
            if let code = issue.record.code { self.findings.add(.lateIssue, "\(code), of \(issue.name)") }
        }
    }
}
