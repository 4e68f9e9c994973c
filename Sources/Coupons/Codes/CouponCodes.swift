/// One coupon of all: its campaign, and its sequence in it.
package struct CouponNumber: Hashable, Sendable {
    package let campaign: CampaignID
    /// From 1; see ``CampaignPlace/sequence(_:)``.
    package let sequence: Int64

    package init(campaign: CampaignID, sequence: Int64) {
        self.campaign = campaign
        self.sequence = sequence
    }
}

/// The codes that one key makes: a permutation of campaign and sequence, so no two coupons have one code.
package struct CouponCodes: Sendable {
    private static let sequenceBits: UInt64 = 40

    package let key: CodeKey
    private let cipher: CodeCipher

    package init(_ key: CodeKey) {
        self.key = key
        self.cipher = key.cipher
    }

    /// The code of a coupon; below 0.5 µs.
    package func code(_ coupon: CouponNumber) -> CouponCode {
        let sequence = UInt64(truncatingIfNeeded: coupon.sequence) & ((1 << Self.sequenceBits) - 1)
        let number = UInt64(truncatingIfNeeded: coupon.campaign.number) << Self.sequenceBits | sequence
        return CouponCode(version: self.key.version, block: self.cipher.encrypted(number))
    }

    /// The coupon that a code of this key's version names; `nil` when there can be none.
    ///
    /// Whether it was issued is for the campaign to say.
    package func number(_ code: CouponCode) -> CouponNumber? {
        let number = self.cipher.decrypted(code.block)
        let sequence = Int64(number & ((1 << Self.sequenceBits) - 1))
        guard code.version == self.key.version, sequence > 0,
            let campaign = CampaignID(Int64(number >> Self.sequenceBits))
        else { return nil }
        return CouponNumber(campaign: campaign, sequence: sequence)
    }
}
