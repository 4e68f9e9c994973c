/// A key of campaigns, as it was found.
enum CouponsAuditKey: Hashable, Sendable {
    /// The record of a campaign, or of a part of one.
    case record(CampaignPlace)
    /// Anything else of one.
    case other(CampaignPlace)
    /// Nothing that coupons would write.
    case unknown(String)

    /// What `SCAN` is asked for.
    static let pattern = "\(Self.beginning)*"

    /// Of all names: what stands before the campaign.
    private static let beginning =
        CampaignID(1).map { String(CouponKeys.campaign($0.root).prefix { !$0.isNumber }) } ?? ""

    init(_ name: String) {
        self = Self.known(name) ?? .unknown(name)
    }

    private static func known(_ name: String) -> CouponsAuditKey? {
        guard name.hasPrefix(Self.beginning), let close = name.firstIndex(of: "}") else { return nil }
        let words = name[..<close].dropFirst(Self.beginning.count).split(
            separator: ":",
            omittingEmptySubsequences: false
        )
        guard words.count <= 2, let id = words.first.flatMap({ Int64($0) }).flatMap({ CampaignID($0) }) else {
            return nil
        }
        var part: Int?
        if words.count == 2 {
            guard let number = Int(words[1]), (0..<CampaignPlace.partCount).contains(number) else { return nil }
            part = number
        }
        let place = CampaignPlace(campaign: id, part: part)
        if name == CouponKeys.campaign(place) { return .record(place) }
        let isKnown =
            [CouponKeys.log(place), CouponKeys.coupons(place), CouponKeys.users(place)].contains(name)
            || name == CouponKeys.loans(id)
            || name.hasPrefix(CouponKeys.idempotency(place, digest: "")) && name.utf8.last != UInt8(ascii: ":")
        return isKnown ? .other(place) : nil
    }
}
