import CouponAPI
import Foundation
import Support
import SwiftProtobuf
import Testing

/// The rules of coupons through nginx: what is refused and why, what a repetition gets, what a user may have.
struct CouponRulesTests {
    private func order(_ code: String, user: String = "", request: String = "") -> Coupon_V1_RedeemCouponRequest {
        .with { ($0.couponCode, $0.userID, $0.requestID) = (code, user, request) }
    }

    private func issue(_ campaign: Int64, user: String = "", request: String = "") -> Coupon_V1_IssueCouponRequest {
        .with { ($0.campaignID, $0.userID, $0.requestID) = (campaign, user, request) }
    }

    @Test func `a campaign is paused, resumed and raised, and ends`() async throws {
        try await TallySystem.with { system in
            let caller = try CouponCaller(system.url)
            for mode in [Coupon_V1_IssueMode.exact, .leased] {
                let campaign = try await caller.create(2) { $0.issueMode = mode }
                let pause = Coupon_V1_PauseCampaignRequest.with { $0.campaignID = campaign }
                for _ in 0..<2 {
                    let paused: Coupon_V1_PauseCampaignResponse = try await caller.call("PauseCampaign", pause)
                    #expect(paused.campaign.state == .paused)
                }
                let refused = try await caller.refusedIssue(campaign)
                #expect(refused.code == "unavailable" && refused.status == 503, "\(refused)")
                #expect(refused.reason == "PAUSED" && refused.domain == "tally" && (refused.retry ?? 0) > 0)
                let resume = Coupon_V1_ResumeCampaignRequest.with { $0.campaignID = campaign }
                for _ in 0..<2 {
                    let resumed: Coupon_V1_ResumeCampaignResponse = try await caller.call("ResumeCampaign", resume)
                    #expect(resumed.campaign.state == .active)
                }
                var codes: Set<String> = [try await caller.issue(campaign), try await caller.issue(campaign)]
                #expect(try await caller.refusedIssue(campaign).reason == "SOLD_OUT")
                let fall = Coupon_V1_RaiseQuotaRequest.with { ($0.campaignID, $0.totalCoupons) = (campaign, 1) }
                #expect(try await caller.refusal("RaiseQuota", fall).reason == "QUOTA_FALLS")
                let raise = Coupon_V1_RaiseQuotaRequest.with { ($0.campaignID, $0.totalCoupons) = (campaign, 5) }
                let raised: Coupon_V1_RaiseQuotaResponse = try await caller.call("RaiseQuota", raise)
                #expect(raised.campaign.totalCoupons == 5 && raised.campaign.state == .active)
                for _ in 0..<3 { codes.insert(try await caller.issue(campaign)) }
                #expect(try await caller.refusedIssue(campaign).reason == "SOLD_OUT")
                #expect(codes.count == 5)
                #expect(Set(try await caller.get(campaign).couponCodes) == codes)

                let end = Google_Protobuf_Timestamp(date: Date(timeIntervalSinceNow: 5))
                let short = try await caller.create(1000) { ($0.endTime, $0.issueMode) = (end, mode) }
                try await eventually("it ends", within: .seconds(40)) {
                    do { _ = try await caller.issue(short) } catch let refusal as CouponCaller.Refusal {
                        #expect(refusal.code == "failed_precondition" && refusal.reason == "ENDED", "\(refusal)")
                        return true
                    }
                    return false
                }
                #expect(try await caller.get(short).campaign.state == .ended)
            }
        }
    }

    @Test func `a coupon is redeemed once, by its user, or voided`() async throws {
        try await TallySystem.with { system in
            let caller = try CouponCaller(system.url)
            for mode in [Coupon_V1_IssueMode.exact, .leased] {
                let campaign = try await caller.create(10) { $0.issueMode = mode }
                let (mine, free) = (try await caller.issue(campaign, user: "gopal"), try await caller.issue(campaign))
                let other = try await caller.refusal("RedeemCoupon", self.order(mine, user: "asha"))
                #expect(other.code == "failed_precondition" && other.reason == "OTHER_USER", "\(other)")
                let order = self.order(mine, user: "gopal", request: "r1")
                let redeemed: Coupon_V1_RedeemCouponResponse = try await caller.call("RedeemCoupon", order)
                #expect(redeemed.coupon.state == .redeemed && redeemed.coupon.redeemerID == "gopal")
                #expect(redeemed.coupon.hasEndTime && redeemed.coupon.code == mine)
                let again = try await caller.send("RedeemCoupon", order, [])
                #expect(try caller.output(again, as: Coupon_V1_RedeemCouponResponse.self) == redeemed)
                let second = try await caller.refusal("RedeemCoupon", self.order(mine, user: "gopal", request: "r2"))
                #expect(second.code == "failed_precondition" && second.reason == "ALREADY_REDEEMED", "\(second)")
                let late = Coupon_V1_VoidCouponRequest.with { $0.couponCode = mine }
                #expect(try await caller.refusal("VoidCoupon", late).reason == "ALREADY_REDEEMED")

                let void = Coupon_V1_VoidCouponRequest.with { $0.couponCode = free }
                let voided: Coupon_V1_VoidCouponResponse = try await caller.call("VoidCoupon", void)
                #expect(voided.coupon.state == .voided)
                #expect(try await caller.refusal("RedeemCoupon", self.order(free)).reason == "VOIDED")
                #expect(try await caller.coupon(mine) == redeemed.coupon)
                #expect(try await caller.coupon(free) == voided.coupon)
                // A unit of the quota that was voided does not come back.
                #expect(try await caller.get(campaign).campaign.issuedCoupons == 2)
            }
        }
    }

    @Test func `what is wrong is named, and nothing changes`() async throws {
        try await TallySystem.with { system in
            let caller = try CouponCaller(system.url)
            var wrong = Coupon_V1_CreateCampaignRequest()
            func expect(_ field: String, _ change: (inout Coupon_V1_CreateCampaignRequest) -> Void) async throws {
                wrong = .with { ($0.name, $0.totalCoupons) = ("n", 1) }
                change(&wrong)
                let refused = try await caller.refusal("CreateCampaign", wrong)
                #expect(refused.status == 400 && refused.code == "invalid_argument", "\(field): \(refused)")
                #expect(refused.reason == "INVALID" && refused.domain == "tally" && refused.fields == [field])
            }
            try await expect("name") { $0.name = "" }
            try await expect("name") { $0.name = String(repeating: "가", count: 101) }
            try await expect("total_coupons") { $0.totalCoupons = 0 }
            try await expect("total_coupons") { $0.totalCoupons = -1 }
            try await expect("total_coupons") { $0.totalCoupons = 1_000_000_001 }
            try await expect("per_user_limit") { $0.perUserLimit = -1 }
            try await expect("per_user_limit") { $0.perUserLimit = 1_000_001 }
            try await expect("request_id") { $0.requestID = "a b" }
            try await expect("request_id") { $0.requestID = String(repeating: "x", count: 256) }
            try await expect("issue_mode") { $0.issueMode = .UNRECOGNIZED(7) }
            try await expect("end_time") { ($0.startTime.seconds, $0.endTime.seconds) = (4_000_000_000, 3_999_999_999) }
            #expect(try await caller.create(1) == 1, "a refused campaign took an id")

            for campaign in [Int64(0), -1] {
                #expect(try await caller.refusedIssue(campaign).reason == "INVALID", "\(campaign)")
            }
            for campaign in [Int64(2), .max] {
                let unknown = try await caller.refusedIssue(campaign)
                #expect(unknown.status == 404 && unknown.code == "not_found", "\(unknown)")
                #expect(unknown.reason == "CAMPAIGN_NOT_FOUND" && unknown.domain == "tally")
                let get = Coupon_V1_GetCampaignRequest.with { $0.campaignID = campaign }
                #expect(try await caller.refusal("GetCampaign", get).reason == "CAMPAIGN_NOT_FOUND")
            }
            for user in ["a b", "가", String(repeating: "x", count: 255), "a\"b", "a\\b", "a,b", "<x>", "a\u{0}"] {
                let refused = try await caller.refusedIssue(1, user: user)
                #expect(refused.reason == "INVALID" && refused.fields == ["user_id"], "\(user): \(refused)")
            }
            for code in ["", "x", "가나다", "0123456789", String(repeating: "가", count: 10)] {
                let get = Coupon_V1_GetCouponRequest.with { $0.couponCode = code }
                let refused = try await caller.refusal("GetCoupon", get)
                #expect(["INVALID", "COUPON_NOT_FOUND"].contains(refused.reason), "\(code): \(refused)")
                #expect(try await caller.refusal("RedeemCoupon", self.order(code)).reason == refused.reason)
            }
            #expect(try await caller.get(1).couponCodes.isEmpty)
        }
    }

    @Test func `a request id gets its first answer again, and is good for one request only`() async throws {
        try await TallySystem.with { system in
            let plain = try CouponCaller(system.url)
            let proto = plain.with(service: "couponpb.CouponService", form: .proto)
            let create = Coupon_V1_CreateCampaignRequest.with {
                ($0.name, $0.totalCoupons, $0.requestID) = ("n", 10, "create")
            }
            let made: Coupon_V1_CreateCampaignResponse = try await plain.call("CreateCampaign", create)
            let again = try await plain.send("CreateCampaign", create, [])
            #expect(try plain.output(again, as: Coupon_V1_CreateCampaignResponse.self) == made && again.isReplay)
            var other = create
            other.totalCoupons = 11
            #expect(try await plain.refusal("CreateCampaign", other).reason == "IDEMPOTENCY_KEY_REUSED")

            let campaign = made.campaignID
            let first = try await plain.send("IssueCoupon", self.issue(campaign, user: "gopal", request: "k"), [])
            let code = try plain.output(first, as: Coupon_V1_IssueCouponResponse.self).couponCode
            #expect(!first.isReplay)
            let header = "Idempotency-Key: k"
            let repetitions = [
                (plain, try await plain.send("IssueCoupon", self.issue(campaign, user: "gopal"), [header])),
                (plain, try await plain.send("IssueCoupon", self.issue(campaign, user: "gopal", request: "k"), [])),
                (proto, try await proto.send("IssueCoupon", self.issue(campaign, user: "gopal", request: "k"), [])),
                (proto, try await proto.send("IssueCoupon", self.issue(campaign, user: "gopal"), [header])),
            ]
            for (caller, answer) in repetitions {
                #expect(try caller.output(answer, as: Coupon_V1_IssueCouponResponse.self).couponCode == code)
                #expect(answer.isReplay, "\(answer.head)")
            }
            let reused = try await plain.refusal("IssueCoupon", self.issue(campaign, user: "asha", request: "k"))
            #expect(reused.code == "invalid_argument" && reused.reason == "IDEMPOTENCY_KEY_REUSED", "\(reused)")
            #expect(try await plain.get(campaign).couponCodes == [code])

            // One that was refused is as good as new.
            let empty = try await plain.create(1)
            _ = try await plain.issue(empty)
            #expect(try await plain.refusedIssue(empty, request: "late").reason == "SOLD_OUT")
            let raise = Coupon_V1_RaiseQuotaRequest.with { ($0.campaignID, $0.totalCoupons) = (empty, 2) }
            _ = try await plain.call("RaiseQuota", raise, as: Coupon_V1_RaiseQuotaResponse.self)
            let late = try await plain.send("IssueCoupon", self.issue(empty, request: "late"), [])
            #expect(late.status == 200 && !late.isReplay)
        }
    }

    @Test func `a hundred requests at once of one user get what the user may have`() async throws {
        try await TallySystem.with { system in
            let caller = try CouponCaller(system.url)
            for mode in [Coupon_V1_IssueMode.exact, .leased] {
                let campaign = try await caller.create(1000) { ($0.perUserLimit, $0.issueMode) = (3, mode) }
                let nobody = try await caller.refusedIssue(campaign)
                #expect(nobody.reason == "INVALID" && nobody.fields == ["user_id"], "\(nobody)")
                // A fragment is not sent: these are the same hundred times.
                let printed = try await TallySystem.output(
                    "/usr/bin/curl",
                    [
                        "-sS", "-Z", "--parallel-immediate", "--parallel-max", "100", "--max-time", "30", "-H",
                        "Content-Type: application/json", "-d",
                        "{\"campaignId\":\"\(campaign)\",\"userId\":\"gopal\"}",
                        "\(system.url)/\(caller.service)/IssueCoupon#[1-100]",
                    ]
                )
                #expect(printed.split(separator: "\"couponCode\"").count - 1 == 3, "\(printed.prefix(2000))")
                #expect(printed.split(separator: "\"failed_precondition\"").count - 1 == 97, "\(printed.prefix(2000))")
                let refused = try await caller.refusedIssue(campaign, user: "gopal")
                #expect(refused.code == "failed_precondition" && refused.reason == "USER_LIMIT")
                _ = try await caller.issue(campaign, user: "asha")
                #expect(try await caller.get(campaign).couponCodes.count == 4)
            }
        }
    }
}
