import CouponAPI
import Foundation
import Support
import SwiftProtobuf
import Testing

/// Coupons as their users get them: through nginx and two instances, by plain HTTP.
struct CouponsTests {
    private func later(_ seconds: Double) -> Google_Protobuf_Timestamp {
        Google_Protobuf_Timestamp(date: Date(timeIntervalSinceNow: seconds))
    }

    /// At most 10 characters, syllables and digits, some of each.
    private func isWellFormed(_ code: String) -> Bool {
        let syllables = code.unicodeScalars.count { (0xac00...0xd7a3).contains($0.value) }
        let digits = code.unicodeScalars.count { ("0"..."9").contains($0) }
        return code.count <= 10 && syllables > 0 && digits > 0 && syllables + digits == code.unicodeScalars.count
    }

    @Test func `the seed's own checks pass, under both names and in both forms`() async throws {
        try await TallySystem.with { system in
            let plain = try CouponCaller(system.url)
            var all: Set<String> = []
            for service in ["coupon.v1.CouponService", "couponpb.CouponService"] {
                for form in CouponCaller.Form.allCases {
                    let caller = plain.with(service: service, form: form)
                    let far = try await caller.create(5) { $0.startTime = self.later(600) }
                    let early = try await caller.refusedIssue(far)
                    #expect(early.status == 400 && early.code == "failed_precondition", "\(early)")
                    #expect(early.message == "coupon issuance not started yet" && early.reason == "NOT_STARTED")
                    #expect(try await caller.get(far).couponCodes.isEmpty)

                    let start = self.later(1.5)
                    let near = try await caller.create(30) { $0.startTime = start }
                    var codes: [String] = []
                    try await eventually("the campaign starts", within: .seconds(30)) {
                        do { codes.append(try await caller.issue(near)) } catch let refusal as CouponCaller.Refusal {
                            guard refusal.reason == "NOT_STARTED" else { throw refusal }
                            return false
                        }
                        return true
                    }
                    while codes.count < 30 { codes.append(try await caller.issue(near)) }
                    let sold = try await caller.refusedIssue(near)
                    #expect(sold.status == 429 && sold.code == "resource_exhausted" && sold.reason == "SOLD_OUT")
                    #expect(sold.message == "no more coupons available" && sold.retry == nil)
                    let got = try await caller.get(near)
                    #expect(got.couponCodes == codes && got.campaign.state == .soldOut)
                    #expect(got.campaign.id == near && got.campaign.name == "a campaign")
                    #expect(got.campaign.totalCoupons == 30 && got.campaign.issuedCoupons == 30)
                    // Redis keeps milliseconds, and no campaign may start before its time.
                    let difference = got.campaign.startTime.timeIntervalSince1970 - start.timeIntervalSince1970
                    #expect(difference >= 0 && difference < 0.0011)
                    #expect(codes.allSatisfy(self.isWellFormed), "\(codes)")
                    #expect(all.isDisjoint(with: codes) && Set(codes).count == 30)
                    all.formUnion(codes)
                }
            }
        }
    }

    @Test(arguments: [(20_000, 1), (5000, 2)])
    func `twenty thousand coupons are listed in one answer through nginx and in pages`(
        quota: Int,
        mode: Int
    ) async throws {
        try await TallySystem.with { system in
            let size = ["--quota", "\(quota)", "--mode", "\(mode)", "--clients", "64"]
            let crowd = try await CouponPeer.crowd(system, size)
            let campaign = try #require(crowd.ids.first)
            let plain = try CouponCaller(system.url)
            // A debug build on a busy machine may need more than one request's time.
            func codes(_ caller: CouponCaller) async throws -> [String] {
                var codes: [String] = []
                try await eventually("an answer in time", within: .seconds(120)) {
                    guard let got = try? await caller.get(campaign) else { return false }
                    codes = got.couponCodes
                    return true
                }
                return codes
            }
            let json = try await codes(plain)
            let proto = try await codes(plain.with(service: plain.service, form: .proto))
            #expect(json.count == quota && Set(json).count == quota && proto == json)
            let zipped = try await plain.curl([
                "-H", "Accept-Encoding: gzip", "--compressed", "-H", "Content-Type: application/json", "-d",
                "{\"campaignId\":\"\(campaign)\"}", "\(system.url)/\(plain.service)/GetCampaign",
            ])
            #expect(zipped.head.lowercased().contains("\r\ncontent-encoding: gzip\r\n"), "\(zipped.head)")
            #expect(try plain.output(zipped, as: Coupon_V1_GetCampaignResponse.self).couponCodes == json)
        }
    }

    @Test func `pages of campaigns and coupons have each of them once while more come`() async throws {
        try await TallySystem.with { system in
            let caller = try CouponCaller(system.url)
            var campaigns: [Int64] = []
            for _ in 0..<5 { campaigns.append(try await caller.create(100)) }
            #expect(campaigns == Array(1...5))
            var seen: [Int64] = []
            var token = ""
            repeat {
                let page: Coupon_V1_ListCampaignsResponse = try await caller.call(
                    "ListCampaigns",
                    Coupon_V1_ListCampaignsRequest.with { ($0.pageSize, $0.pageToken) = (2, token) }
                )
                seen += page.campaigns.map(\.id)
                token = page.nextPageToken
                _ = try await caller.create(1)
            } while !token.isEmpty
            #expect(seen == campaigns.reversed())

            var codes: [String] = []
            for _ in 0..<7 { codes.append(try await caller.issue(1, user: "gopal")) }
            var coupons: [Coupon_V1_Coupon] = []
            repeat {
                let page: Coupon_V1_ListCouponsResponse = try await caller.call(
                    "ListCoupons",
                    Coupon_V1_ListCouponsRequest.with { ($0.campaignID, $0.pageSize, $0.pageToken) = (1, 3, token) }
                )
                coupons += page.coupons
                token = page.nextPageToken
                if codes.count < 10 { codes.append(try await caller.issue(1, user: "gopal")) }
            } while !token.isEmpty
            #expect(coupons.map(\.code) == Array(codes.prefix(coupons.count)) && coupons.count >= 7)
            #expect(coupons.map(\.sequence) == Array(1...Int64(coupons.count)))
            #expect(coupons.allSatisfy { $0.userID == "gopal" && $0.campaignID == 1 && $0.state == .issued })
            for token in ["x", "999999999999999999999", "-1", "가"] {
                let bad = Coupon_V1_ListCouponsRequest.with { ($0.campaignID, $0.pageToken) = (1, token) }
                #expect(try await caller.refusal("ListCoupons", bad).reason == "INVALID", "\(token)")
            }
        }
    }

    @Test func `methods without side effects answer GET, and the others do not`() async throws {
        try await TallySystem.with { system in
            let caller = try CouponCaller(system.url)
            let campaign = try await caller.create(3)
            let code = try await caller.issue(campaign)
            func get(_ method: String, _ query: String) async throws -> CouponCaller.Answer {
                try await caller.curl(["\(system.url)/\(caller.service)/\(method)?connect=v1&\(query)"])
            }
            let one = "encoding=json&message=%7B%22campaignId%22%3A%22\(campaign)%22%7D"
            let got = try caller.output(try await get("GetCampaign", one), as: Coupon_V1_GetCampaignResponse.self)
            #expect(got.couponCodes == [code])
            let input = try Coupon_V1_GetCampaignRequest.with { $0.campaignID = campaign }.serializedData()
            let base64 = input.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            let proto = try await get("GetCampaign", "encoding=proto&base64=1&message=\(base64)")
            let same = try caller.with(service: caller.service, form: .proto)
                .output(proto, as: Coupon_V1_GetCampaignResponse.self)
            #expect(same == got)
            #expect(try await get("ListCampaigns", "encoding=json&message=%7B%7D").text.contains("\"campaigns\":[{"))
            #expect(try await get("ListCoupons", one).text.contains(code))
            let escaped = try #require(code.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
            let found = try await get("GetCoupon", "encoding=json&message=%7B%22couponCode%22%3A%22\(escaped)%22%7D")
            #expect(found.status == 200 && found.text.contains(code), "\(found)")
            for method in ["CreateCampaign", "IssueCoupon", "PauseCampaign", "RedeemCoupon", "VoidCoupon"] {
                let refused = try await get(method, one)
                #expect(
                    refused.status == 405 && refused.head.lowercased().contains("\r\nallow: post\r\n"),
                    "\(method): \(refused)"
                )
            }
            #expect(try await caller.get(campaign).couponCodes == [code])
        }
    }
}
