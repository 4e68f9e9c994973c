package import CouponAPI
import SwiftProtobuf

/// A coupon for people.
package enum CouponText {
    /// All that is known of one, a line for each thing.
    package static func lines(_ coupon: Coupon_V1_Coupon) -> String {
        var rows = [
            ["code", TerminalText.printable(coupon.code)],
            ["campaign", "\(coupon.campaignID)"],
            ["sequence", "\(coupon.sequence)"],
            ["state", Self.name(coupon.state)],
        ]
        if !coupon.userID.isEmpty { rows.append(["user", TerminalText.printable(coupon.userID)]) }
        if coupon.hasIssueTime { rows.append(["issued", TimeText.text(coupon.issueTime)]) }
        if coupon.hasEndTime { rows.append([Self.name(coupon.state), TimeText.text(coupon.endTime)]) }
        if !coupon.redeemerID.isEmpty { rows.append(["redeemer", TerminalText.printable(coupon.redeemerID)]) }
        return TerminalText.table(rows)
    }

    /// The coupon on one line, with the user that did something to it.
    package static func line(_ coupon: Coupon_V1_Coupon, by user: String) -> String {
        let tail = user.isEmpty ? "" : "  \(TerminalText.printable(user))"
        return "\(coupon.sequence)  \(TerminalText.printable(coupon.code))\(tail)"
    }

    private static func name(_ state: Coupon_V1_CouponState) -> String {
        switch state {
        case .unspecified: "unknown"
        case .issued: "issued"
        case .redeemed: "redeemed"
        case .voided: "voided"
        case .UNRECOGNIZED(let number): "state \(number)"
        }
    }
}
