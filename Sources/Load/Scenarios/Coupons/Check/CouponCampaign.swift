package import CouponAPI

/// A load's knowledge of its campaign before it asks for coupons.
package struct CouponCampaign: Hashable, Sendable {
    package let id: Int64
    package let name: String
    package let quota: Int64
    /// 0 is no limit.
    package let userLimit: Int64
    package let isLeased: Bool
    /// By the service's clock, in milliseconds since 1970.
    package let start: Int64
    /// Whether this load made it, and nobody else knows it.
    package let isOwn: Bool
    /// Monotonic instants: before the first it cannot have started, and from the second on it has.
    package var closedUntil = Int64.min
    package var openFrom = Int64.min

    /// One that others made.
    package init(_ campaign: Coupon_V1_Campaign) {
        self.id = campaign.id
        self.name = campaign.name
        self.quota = campaign.totalCoupons
        self.userLimit = campaign.perUserLimit
        self.isLeased = campaign.issueMode == .leased
        self.start = campaign.startTime.wholeMilliseconds
        self.isOwn = false
    }

    /// One that was asked for; `told` is what the service says of its times.
    package init(_ id: Int64, _ request: Coupon_V1_CreateCampaignRequest, told: Coupon_V1_Campaign) {
        self.id = id
        self.name = request.name
        self.quota = request.totalCoupons
        self.userLimit = request.perUserLimit
        self.isLeased = request.issueMode == .leased
        self.start = (request.hasStartTime ? request.startTime : told.createTime).wholeMilliseconds
        self.isOwn = true
    }
}

extension Coupon_V1_Campaign {
    /// From its making to its start, in milliseconds of the service's clock.
    package var lead: Int64 { self.startTime.wholeMilliseconds - self.createTime.wholeMilliseconds }
}
