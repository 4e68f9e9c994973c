package import Redis

/// Every way in which coupons can be refused.
package enum CouponError: Error, Hashable, Sendable {
    /// A field of the request is wrong.
    case invalid(field: String, description: String)
    case campaignUnknown
    case couponUnknown
    /// Before the start, by Redis's clock.
    case notStarted(milliseconds: Int64)
    case ended
    case paused
    case soldOut
    /// The last units are on their way between the parts of a leased campaign.
    case busy
    case userLimit
    case alreadyRedeemed
    case voided
    /// The coupon was issued to somebody else.
    case otherUser
    case quotaFalls
    case idempotencyKeyReused
    /// GetCampaign would list more codes than one answer may have.
    case tooManyCodes
    case tooManyCampaigns
    /// No code key here, or not the one that the campaign was made with.
    case codeKey
    case storeUnsafe
    case storeInconsistent
    /// It happened, but not enough replicas have it.
    case appliedNotDurable
    case store(RedisError)

    init(_ error: RedisError) {
        if case .refused(let refusal) = error, refusal.isDefect {
            self = .storeInconsistent
        } else {
            self = .store(error)
        }
    }
}
