import CouponAPI

/// Reads what is listed of a campaign, once nobody changes it any more.
package struct CouponReader {
    /// Between two readings of what is not at rest: 500 ms.
    private static let pause = Duration.milliseconds(500)

    private var calls: CouponCalls
    private let campaign: CouponCampaign
    private let patience: Duration

    package init(_ calls: CouponCalls, _ campaign: CouponCampaign, patience: Duration) {
        self.calls = calls
        self.campaign = campaign
        self.patience = patience
    }

    /// Issues without an answer may still be carried out, so with doubts it must read the same twice.
    package mutating func read(hasDoubts: Bool) async throws(LoadError) -> CouponListing {
        defer { self.calls.close() }

        let givesUpAt = MonotonicClock.now + self.patience.nanoseconds
        var listing = try await self.readOnce()
        if listing.isConsistent && !hasDoubts { return listing }
        while MonotonicClock.now < givesUpAt {
            do { try await Task.sleep(for: Self.pause) } catch { throw .cancelled }
            let next = try await self.readOnce()
            let isAtRest = next.codes == listing.codes && next.coupons == listing.coupons
            listing = next
            if isAtRest { break }
        }
        return listing
    }

    private mutating func readOnce() async throws(LoadError) -> CouponListing {
        let told = try await self.calls.campaign(self.campaign.id)
        // A service that never ends its pages is wrong as soon as there are more than it told of.
        let limit = max(told.couponCodes.count, Int(clamping: self.campaign.quota))
        let coupons = try await self.calls.coupons(self.campaign.id, limit: limit)
        return CouponListing(campaign: told.campaign, codes: told.couponCodes, coupons: coupons)
    }
}
