package import CouponAPI
import SwiftProtobuf

/// The events of a campaign, as text for people.
package enum EventText {
    /// One line; `nil` for what this program does not know.
    package static func line(_ answer: Coupon_V1_WatchCampaignResponse) -> String? {
        guard let text = Self.text(answer.event) else { return nil }
        return "\(TimeText.text(answer.time))  \(text)"
    }

    private static func text(_ event: Coupon_V1_WatchCampaignResponse.OneOf_Event?) -> String? {
        switch event {
        case .campaign(let campaign): "campaign  \(CampaignText.line(campaign))"
        case .issued(let coupon): "issued    \(CouponText.line(coupon, by: coupon.userID))"
        case .redeemed(let coupon): "redeemed  \(CouponText.line(coupon, by: coupon.redeemerID))"
        case .voided(let coupon): "voided    \(CouponText.line(coupon, by: ""))"
        case .paused: "paused"
        case .resumed: "resumed"
        case .quotaRaised(let raise): "raised    to \(raise.totalCoupons)"
        case nil: nil
        }
    }
}
