import Evidence

/// Every Redis key of this feature.
///
/// `docs/keys.md` lists them. All keys of one campaign share one hash tag; each part of a leased one has its own.
package enum CouponKeys {
    /// String: the id of the newest campaign.
    package static let campaigns = "tally:{coupons}:campaigns"

    /// Hash of a code key's version and fingerprint: no two keys may go by one version.
    package static let codeKeys = "tally:{coupons}:keys"

    /// Hash of version 0 and the code key that is used when none is configured.
    package static let secrets = "tally:{coupons}:secrets"

    /// Hash: the records of one idempotency key that made a campaign.
    package static func creation(digest: String) -> String { "tally:{coupons}:idempotency:\(digest)" }

    // MARK: Of a campaign, or of a part of one

    /// Hash: the campaign's terms and its state.
    package static func campaign(_ place: CampaignPlace) -> String { "tally:{c:\(place)}:campaign" }

    /// Stream: everything that happened, in order.
    package static func log(_ place: CampaignPlace) -> String { "tally:{c:\(place)}:log" }

    /// Hash of a sequence and what became of its coupon, for those that were redeemed or voided.
    package static func coupons(_ place: CampaignPlace) -> String { "tally:{c:\(place)}:coupons" }

    /// Hash of a user and the number of its coupons, when that is limited.
    package static func users(_ place: CampaignPlace) -> String { "tally:{c:\(place)}:users" }

    /// Hash: the records of one idempotency key.
    package static func idempotency(_ place: CampaignPlace, digest: String) -> String {
        "tally:{c:\(place)}:idempotency:\(digest)"
    }

    /// Hash of the root of a leased campaign: the last loan to each part and the last gift from it.
    package static func loans(_ campaign: CampaignID) -> String { "tally:{c:\(campaign)}:loans" }
}

// MARK: Reading

extension CouponKeys {
    /// The owner of a key of campaigns.
    package enum Owner: Hashable, Sendable {
        /// The record of a campaign, or of a part of one.
        case record(CampaignPlace)
        /// Anything else of one.
        case other(CampaignPlace)
    }

    /// The pattern for `SCAN` that finds all keys of campaigns.
    package static let pattern = CampaignID(1).map { "\(Self.campaign($0.root).prefix { !$0.isNumber })*" } ?? ""

    /// `nil` for a key that coupons would not write.
    package static func owner(of key: String) -> Owner? {
        guard let name = KeyName(key), let place = CampaignPlace(name.tag.drop { $0 != ":" }.dropFirst()) else {
            return nil
        }
        if name.isOne(of: Self.campaign(place)) { return .record(place) }
        let isKnown =
            name.isOne(of: Self.log(place), Self.coupons(place), Self.users(place), Self.loans(place.campaign))
            || name.isOne(of: Self.idempotency(place, digest: name.rest)) && !name.rest.isEmpty && name.rest.last != ":"
        return isKnown ? .other(place) : nil
    }
}
