import CouponAPI
import Foundation
import Support
import SwiftProtobuf
import Testing

/// Processes that die before and behind each step of a leased campaign: still exactly N.
struct CouponDeathTests {
    /// Two deaths at each place, over all processes: one that always died there would never get past it.
    private func withDeaths(
        _ places: [(point: String, pass: Int)],
        _ arguments: [String] = [],
        _ body: (TallySystem) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder("coupon-deaths")
        let points = places.flatMap { point, pass in
            (1...2).map { "coupons.\(point)=kill:\(folder.url.path)/\(point)-\($0)@\(pass)" }
        }
        let environment = ["TALLY_TEST_FAILPOINTS": points.joined(separator: ",")]
        try await TallySystem.with(arguments, environment, body)
        for (point, _) in places {
            let hasDied = FileManager.default.fileExists(atPath: "\(folder.url.path)/\(point)-1")
            #expect(hasDied, "nobody died at \(point): the test has proved nothing")
        }
    }

    @Test func `leased campaigns give exactly their coupons while processes die around each step`() async throws {
        let steps = [
            ("create", 4), ("open", 30), ("issue", 250), ("lend", 40), ("take", 35), ("give", 2), ("return", 1),
            ("given", 1), ("dry", 1),
        ]
        let places = steps.flatMap { step, pass in
            // A place behind a step is passed less often than the one before it, while others die in between.
            [(point: "\(step).before", pass: pass), (point: "\(step).after", pass: max(1, pass - 1))]
        }
        try await self.withDeaths(places) { system in
            let sizes = ["--leased", "--campaigns", "40", "--largest", "400", "--clients", "60"]
            let crowd = try await CouponPeer.crowd(system, sizes)
            print(crowd)
            #expect((crowd.repeated ?? 0) > 0)
            try await CouponFaultTests.audit(system)
        }
    }

    @Test func `a pause, a raise and a redemption whose process dies are whole when they are repeated`() async throws {
        let places = ["change.before", "change.after", "part.before", "part.after", "use.before", "use.after"]
        let passes = [2, 3, 20, 25, 2, 3]
        try await self.withDeaths(Array(zip(places, passes))) { system in
            let caller = try CouponCaller(system.url)
            let campaign = try await caller.create(1) { $0.issueMode = .leased }
            for quota in 2...12 {
                let code = try await self.persist { try await caller.issue(campaign, request: "issue-\(quota)") }
                let pause = Coupon_V1_PauseCampaignRequest.with { $0.campaignID = campaign }
                let paused: Coupon_V1_PauseCampaignResponse = try await self.persist {
                    try await caller.call("PauseCampaign", pause)
                }
                #expect(paused.campaign.state == .soldOut)
                let raise = Coupon_V1_RaiseQuotaRequest.with {
                    ($0.campaignID, $0.totalCoupons) = (campaign, Int64(quota))
                }
                let raised: Coupon_V1_RaiseQuotaResponse = try await self.persist {
                    try await caller.call("RaiseQuota", raise)
                }
                #expect(raised.campaign.state == .paused && raised.campaign.totalCoupons == quota)
                // Each part has heard of it: sixteen of them, and users are spread over all.
                for user in 0..<20 {
                    #expect(try await caller.refusedIssue(campaign, user: "u\(user)").reason == "PAUSED")
                }
                let resumed: Coupon_V1_ResumeCampaignResponse = try await self.persist {
                    try await caller.call("ResumeCampaign", pause)
                }
                #expect(resumed.campaign.state == .active)
                let order = Coupon_V1_RedeemCouponRequest.with { ($0.couponCode, $0.requestID) = (code, code.digits) }
                let redeemed: Coupon_V1_RedeemCouponResponse = try await self.persist {
                    try await caller.call("RedeemCoupon", order)
                }
                #expect(redeemed.coupon.state == .redeemed)
            }
            let listed = try await caller.get(campaign)
            #expect(listed.couponCodes.count == 11 && Set(listed.couponCodes).count == 11)
            #expect(listed.campaign.totalCoupons == 12)
            try await CouponFaultTests.audit(system)
        }
    }

    /// Repeats a call until it has an answer: nobody may have been there to give one.
    private func persist<Output>(_ call: () async throws -> Output) async throws -> Output {
        var output: Output?
        try await eventually("an answer", within: .seconds(60)) {
            do { output = try await call() } catch let refusal as CouponCaller.Refusal {
                guard refusal.code == "unavailable" else { throw refusal }
                return false
            }
            return true
        }
        return try #require(output)
    }
}

extension String {
    /// Its digits: a code as part of a request id.
    fileprivate var digits: String { self.filter { ("0"..."9").contains($0) } }
}
