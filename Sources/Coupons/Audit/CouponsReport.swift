/// What an audit of coupons found.
package struct CouponsReport: Sendable {
    /// What was proven of one campaign.
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
    }

    /// Something that could not be proven, and is no violation.
    package struct Undecided: Hashable, Sendable {
        package let key: String
        package let reason: String
    }

    /// Campaigns that are listed one by one.
    package static let limit = 10_000

    package var campaigns = 0
    /// The first of them.
    package var lines: [Line] = []
    /// Ids that were given out and whose campaigns were never completed.
    package var incomplete = 0
    package var issued: Int64 = 0
    package var distinctCodes: Int64 = 0
    package var violations = CouponViolations()
    package var undecided: [Undecided] = []
    package var elapsed = Duration.zero

    package init() {}

    mutating func add(_ line: Line) {
        self.campaigns += 1
        self.issued += line.issued
        self.distinctCodes += line.distinctCodes ?? 0
        if self.lines.count < Self.limit { self.lines.append(line) }
    }

    package var isClean: Bool { self.violations.total == 0 && self.undecided.isEmpty }

    /// 0 clean, 1 violations, 3 undecided; an audit that could not read has no report, and 2.
    package var exitCode: Int32 {
        if self.violations.total > 0 { return 1 }
        return self.undecided.isEmpty ? 0 : 3
    }
}
