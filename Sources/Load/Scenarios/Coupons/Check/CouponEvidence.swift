/// All that a check of coupons needs to know; a missing part was not asked for.
package struct CouponEvidence: Sendable {
    package let campaign: CouponCampaign
    package let users: CouponUsers
    /// Codes that were listed before the load.
    package var before: [String] = []
    /// By number: issues before the start; the issues themselves, which begin with the same request ids; and issues
    /// after all was sold out, which go on counting.
    package var early: [CouponRecord] = []
    package var issues: [CouponRecord] = []
    package var late: [CouponRecord] = []
    /// Whether the coupons must all be gone.
    package var mustSellOut = false
    /// Nil when it could not be read.
    package var listing: CouponListing?

    package init(_ campaign: CouponCampaign, _ users: CouponUsers) {
        self.campaign = campaign
        self.users = users
    }

    /// One issue of a load, with what is needed to judge it.
    package struct Issue: Sendable {
        package let record: CouponRecord
        package let number: Int
        package let name: String
    }

    /// The issues of all phases.
    package var all: [Issue] {
        let late = self.issues.count
        return self.early.enumerated().map { Issue(record: $1, number: $0, name: "early issue \($0)") }
            + self.issues.enumerated().map { Issue(record: $1, number: $0, name: "issue \($0)") }
            + self.late.enumerated()
            .map { Issue(record: $1, number: late + $0, name: "issue \(late + $0), after all was sold out") }
    }

    /// The most codes there may be: by the quota, and by the limits of the users that the load has.
    package var most: Int {
        let quota = max(Int(clamping: self.campaign.quota), 0)
        guard self.campaign.userLimit > 0 else { return quota }
        let (product, isTooLarge) = self.users.count
            .multipliedReportingOverflow(by: Int(clamping: self.campaign.userLimit))
        return isTooLarge || product >= quota - self.before.count ? quota : self.before.count + product
    }
}
