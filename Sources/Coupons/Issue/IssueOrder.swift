import Coordination

/// One issue, checked.
package struct IssueOrder: Hashable, Sendable {
    let campaign: CampaignID
    /// Empty for nobody in particular.
    let user: String
    let claim: IdempotencyClaim?

    /// `requestID` was checked by ``RequestName``; it is one of this caller's.
    package init(campaign: Int64, user: String, requestID: String?, caller: String) throws(CouponError) {
        // A number that no campaign can have is as unknown as one that none has.
        guard campaign > 0 else { throw .invalid(field: "campaign_id", description: "must be a positive number") }
        guard let id = CampaignID(campaign) else { throw .campaignUnknown }
        try UserName.check(user)
        self.campaign = id
        self.user = user
        self.claim = requestID.map { id.claim("IssueCoupon", caller: caller, requestID: $0, canonical: user) }
    }

    /// Where a leased campaign counts this issue: the same place for the same user, or for the same request id.
    package func part(_ random: inout some RandomNumberGenerator) -> CampaignPlace {
        let count = UInt32(CampaignPlace.partCount)
        let number: UInt32
        if !self.user.isEmpty {
            number = CRC32.checksum(of: self.user.utf8) % count
        } else if let claim = self.claim {
            number = CRC32.checksum(of: claim.digest.utf8) % count
        } else {
            number = UInt32.random(in: 0..<count, using: &random)
        }
        return CampaignPlace(campaign: self.campaign, part: Int(number))
    }
}

/// A coupon that was issued.
package struct IssuedCoupon: Hashable, Sendable {
    package let code: CouponCode
    /// Whether an earlier request with the same id got it.
    package let isReplay: Bool
}

/// The ids of users: the characters of mail addresses in ASCII (RFC 5322's atoms, dots and `@`), and `:`.
///
/// They are values and names of fields in Redis, never part of a key, and stand behind blanks in records: so no blank,
/// no double quote, no backslash, and nothing that is not ASCII. 254 is the length of the longest address.
enum UserName {
    private static let limit = 254

    static func check(_ text: String) throws(CouponError) {
        guard text.utf8.count <= Self.limit, text.utf8.allSatisfy(Self.isAllowed) else {
            throw .invalid(
                field: "user_id",
                description: "must have at most \(Self.limit) characters of A-Z, a-z, 0-9 and .@:!#$%&'*+-/=?^_`{|}~"
            )
        }
    }

    private static let signs = Set(".@:!#$%&'*+-/=?^_`{|}~".utf8)

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: self.signs.contains(byte)
        }
    }
}

extension CampaignID {
    /// The claim of a request that belongs to this campaign.
    func claim(_ method: String, caller: String, requestID: String, canonical: String) -> IdempotencyClaim {
        IdempotencyClaim(caller: caller, key: requestID, method: method, path: "\(self)", canonical: canonical)
    }
}
