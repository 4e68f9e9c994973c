package import CouponAPI
import SwiftProtobuf

/// A campaign for people.
package enum CampaignText {
    package static let titles = ["ID", "STATE", "ISSUED", "COUPONS", "START", "NAME"]

    /// A row under ``titles``.
    package static func row(_ campaign: Coupon_V1_Campaign) -> [String] {
        [
            "\(campaign.id)", Self.name(campaign.state), "\(campaign.issuedCoupons)", "\(campaign.totalCoupons)",
            TimeText.text(campaign.startTime), TerminalText.printable(campaign.name),
        ]
    }

    /// All that is known of one, a line for each thing.
    package static func lines(_ campaign: Coupon_V1_Campaign) -> String {
        var rows = [
            ["id", "\(campaign.id)"],
            ["name", TerminalText.printable(campaign.name)],
            ["state", Self.name(campaign.state)],
            ["issued", "\(campaign.issuedCoupons) of \(campaign.totalCoupons)"],
            ["mode", Self.name(campaign.issueMode)],
        ]
        if campaign.perUserLimit > 0 { rows.append(["per user", "\(campaign.perUserLimit)"]) }
        if campaign.hasCreateTime { rows.append(["created", TimeText.text(campaign.createTime)]) }
        rows.append(["start", TimeText.text(campaign.startTime)])
        rows.append(["end", campaign.hasEndTime ? TimeText.text(campaign.endTime) : "never"])
        return TerminalText.table(rows)
    }

    /// The campaign as it stands, on one line.
    package static func line(_ campaign: Coupon_V1_Campaign) -> String {
        "\(Self.name(campaign.state)), \(campaign.issuedCoupons) of \(campaign.totalCoupons) issued"
    }

    package static func name(_ state: Coupon_V1_CampaignState) -> String {
        switch state {
        case .unspecified: "unknown"
        case .scheduled: "scheduled"
        case .active: "active"
        case .paused: "paused"
        case .soldOut: "sold out"
        case .ended: "ended"
        case .UNRECOGNIZED(let number): "state \(number)"
        }
    }

    private static func name(_ mode: Coupon_V1_IssueMode) -> String {
        switch mode {
        case .unspecified, .exact: "exact"
        case .leased: "leased"
        case .UNRECOGNIZED(let number): "mode \(number)"
        }
    }
}
