package import Evidence

extension CouponsAudit {
    /// The findings of one campaign.
    package struct Line: Hashable, Sendable {
        package let id: Int64
        package let name: String
        package let mode: Campaign.Mode
        package let quota: Int64
        package var issued: Int64 = 0
        /// Codes that name their coupon, and so are no other's; `nil` when the code key is not here.
        package var distinctCodes: Int64? = 0
        /// Sequences that were passed over.
        package var holes: Int64 = 0
        package var redeemed: Int64 = 0
        package var voided: Int64 = 0
        /// Most coupons of one user; 0 is no limit.
        package let userLimit: Int64
        /// With coupons, where users have a limit.
        package var users = 0
        package var usersOverLimit = 0
        package var violations = 0

        fileprivate var figures: Figures {
            [
                "id": self.id, "name": self.name, "mode": self.mode.rawValue, "quota": self.quota,
                "issued": self.issued, "distinct_codes": self.distinctCodes, "holes": self.holes,
                "redeemed": self.redeemed, "voided": self.voided, "user_limit": self.userLimit, "users": self.users,
                "per_user_violations": self.usersOverLimit, "violations": self.violations,
            ]
        }

        fileprivate var text: String {
            let codes = self.distinctCodes.map { "\($0) distinct codes" } ?? "codes unknown"
            let limit =
                self.userLimit > 0
                ? ", \(self.users) users with at most \(self.userLimit), \(self.usersOverLimit) with more" : ""
            let verdict = self.violations > 0 ? "  \(self.violations) VIOLATIONS" : ""
            let name = String(String.UnicodeScalarView(self.name.unicodeScalars.filter(Self.isPrintable)))
            return "campaign   \(self.id) \(self.mode.rawValue): \(self.issued) of \(self.quota) issued, \(codes), "
                + "\(self.holes) holes, \(self.redeemed) redeemed, \(self.voided) voided\(limit)  (\(name))\(verdict)"
        }

        /// Whether it does nothing to a terminal.
        private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
            ![.control, .format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
        }
    }

    /// The findings of an audit of coupons.
    package struct Report: EvidenceReport {
        /// Campaigns that are listed one by one.
        package static let limit = 10_000

        package var campaigns = 0
        /// The first of them.
        package var lines: [Line] = []
        /// Ids that were given out and whose campaigns were never completed.
        package var incomplete = 0
        package var issued: Int64 = 0
        package var distinctCodes: Int64 = 0
        package var violations = Violations<CouponsAudit.Kind>()
        package var undecided: [Undecided] = []
        package var elapsed = Duration.zero

        package init() {}

        mutating func add(_ line: Line) {
            self.campaigns += 1
            self.issued += line.issued
            self.distinctCodes += line.distinctCodes ?? 0
            if self.lines.count < Self.limit { self.lines.append(line) }
        }

        package var figures: Figures {
            [
                "total": self.campaigns, "incomplete": self.incomplete, "issued": self.issued,
                "distinct_codes": self.distinctCodes, "campaigns": self.lines.map(\.figures),
            ]
        }

        package var summary: [String] {
            var summary = self.lines.map(\.text)
            let untold = self.campaigns - self.lines.count
            if untold > 0 { summary.append("           and \(untold) campaigns more") }
            let coupons = "\(self.issued) coupons, \(self.distinctCodes) distinct codes"
            summary.append("campaigns  \(self.campaigns), \(coupons)")
            if self.incomplete > 0 { summary.append("incomplete \(self.incomplete) ids without a campaign") }
            return summary + ["took       \((self.elapsed / .seconds(1) * 100).rounded() / 100) s"]
        }

        package var cleanSentence: String { "never more than a quota, each coupon once and with a code of its own" }
    }
}
