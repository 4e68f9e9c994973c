import CouponAPI

/// Makes the campaign of a load, or finds the one that is there.
package struct CouponOpening {
    /// How much more than asked for the service's clock may say until the start: 60 s.
    private static let longestWait = Duration.seconds(60)

    private let configuration: CouponsLoadConfiguration
    private var calls: CouponCalls

    package init(_ configuration: CouponsLoadConfiguration, _ calls: CouponCalls) {
        self.configuration = configuration
        self.calls = calls
    }

    /// The campaign, and the codes that it has already.
    package mutating func open() async throws(LoadError) -> (campaign: CouponCampaign, before: [String]) {
        defer { self.calls.close() }

        guard let id = self.configuration.campaign else { return (try await self.create(), []) }
        let told = try await self.calls.campaign(id)
        guard told.campaign.state == .active || told.campaign.state == .soldOut else {
            throw .cannotCheck("campaign \(id) is \(told.campaign.state), not active")
        }
        let campaign = CouponCampaign(told.campaign)
        guard campaign.userLimit == 0 || self.configuration.users > 0 else {
            throw .badArgument("campaign \(id) has a limit for each user: --users is missing")
        }
        return (campaign, told.couponCodes)
    }

    private mutating func create() async throws(LoadError) -> CouponCampaign {
        let clock = MonotonicClock()
        let sentAt = MonotonicClock.now
        let wait = self.configuration.startIn
        var request = Coupon_V1_CreateCampaignRequest()
        request.name = self.configuration.prefix
        request.totalCoupons = Int64(self.configuration.coupons)
        request.perUserLimit = Int64(self.configuration.userLimit)
        request.requestID = "\(self.configuration.prefix)-campaign"
        request.issueMode = self.configuration.isLeased ? .leased : .exact
        if wait > .zero {
            let start = (clock.wall(at: sentAt) + wait.nanoseconds) / 1_000_000
            request.startTime = .init(wholeMilliseconds: start)
        }
        let id = try await self.calls.create(request)
        let told = try await self.calls.campaign(id).campaign
        let answeredAt = MonotonicClock.now
        let lead = Duration.milliseconds(told.lead)
        let shortest = wait > .zero ? Duration.milliseconds(1) : .zero
        guard (shortest...(wait + Self.longestWait)).contains(lead) else {
            throw .cannotCheck(
                "campaign \(id) should start in \(wait), and by the service's clock it does in \(lead): "
                    + "the clocks differ, or --start-in is too short"
            )
        }
        var campaign = CouponCampaign(id, request, told: told)
        // It was made between the two, so the service's clock tells when it starts by ours.
        campaign.closedUntil = sentAt + lead.nanoseconds
        // Its times are whole milliseconds.
        campaign.openFrom = answeredAt + lead.nanoseconds + 1_000_000
        return campaign
    }
}
