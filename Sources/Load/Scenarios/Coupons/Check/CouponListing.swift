package import CouponAPI

/// The service's lists of a campaign, from two sources.
package struct CouponListing: Sendable {
    package var campaign: Coupon_V1_Campaign
    /// By `GetCampaign`.
    package var codes: [String]
    /// By `ListCoupons`, page by page.
    package var coupons: [Coupon_V1_Coupon]

    package init(campaign: Coupon_V1_Campaign, codes: [String], coupons: [Coupon_V1_Coupon]) {
        self.campaign = campaign
        self.codes = codes
        self.coupons = coupons
    }

    /// Whether all sources tell of the same coupons, in the same order.
    package var isConsistent: Bool {
        Int(clamping: self.campaign.issuedCoupons) == self.codes.count
            && self.codes.count == self.coupons.count
            && zip(self.codes, self.coupons).allSatisfy { $0 == $1.code }
    }
}
