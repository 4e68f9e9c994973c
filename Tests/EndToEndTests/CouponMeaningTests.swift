import CouponAPI
import Foundation
import Support
import SwiftProtobuf
import Testing

/// The writings of people and of programs of other makes: taken as they are meant, or refused where they could be meant
/// in two ways.
struct CouponMeaningTests {
    @Test func `what could be meant in two ways is refused, and what people paste is found`() async throws {
        try await TallySystem.with { system in
            let caller = try CouponCaller(system.url)
            try await self.refuses(caller)
            try await self.takes(caller)
            try await self.findsCodes(caller)
            try await self.keepsTokensApart(caller)
            try await self.keepsCursorsApart(system)
            try await self.answersReads(caller)
            try await self.servesBuf(system)
        }
    }

    private func refuses(_ caller: CouponCaller) async throws {
        let make = #"{"name":"n","totalCoupons":"5""#
        let nested = String(repeating: "[", count: 8000) + String(repeating: "]", count: 8000)
        for (method, json, field) in [
            ("CreateCampaign", make + #","issueMode":"LEASED"}"#, "issue_mode"),
            ("CreateCampaign", make + #","issue_mode":"issue_mode_leased"}"#, "issue_mode"),
            ("CreateCampaign", make + #","issueMode":7}"#, "issue_mode"),
            ("CreateCampaign", make + #","total_coupons":"6"}"#, "total_coupons"),
            ("CreateCampaign", make + #","name":"m"}"#, nil),
            ("GetCampaign", #"{"campaignId":"1","campaign_id":"2"}"#, "campaign_id"),
            // By the hot route.
            ("IssueCoupon", #"{"campaignId":"1","campaign_id":"2"}"#, "campaign_id"),
            ("IssueCoupon", #"{"campaignId":"1","campaignId":"2"}"#, nil),
            ("IssueCoupon", #"{"campaignId":"1","x":\#(nested)}"#, nil),
            ("GetCampaign", #"{"campaignId":"1","x":\#(nested)}"#, nil),
        ] {
            let refused = try caller.refusal(
                try await caller.send(method, Data(json.utf8), "application/json")
            )
            #expect(refused.status == 400 && refused.code == "invalid_argument", "\(json.prefix(80)): \(refused)")
            if let field { #expect(refused.fields == [field], "\(refused)") }
        }
        let unknown = try caller.refusal(try await caller.send("IssueCoupons", Data("{}".utf8), "application/json"))
        #expect(unknown.code == "unimplemented" && unknown.message.contains("/IssueCoupons "), "\(unknown)")
        let long = Coupon_V1_CreateCampaignRequest.with {
            ($0.name, $0.totalCoupons) = (String(repeating: "👩‍👩‍👧‍👦", count: 90), 1)
        }
        let refused = try await caller.refusal("CreateCampaign", long)
        #expect(refused.fields == ["name"] && refused.message.contains("1200 bytes"), "\(refused)")
    }

    private func takes(_ caller: CouponCaller) async throws {
        let decomposed = String(repeating: "값", count: 100).decomposedStringWithCanonicalMapping
        #expect(decomposed.utf8.count == 900)
        let end = #""endTime":"9999-12-31T23:59:59.999999999Z""#
        let last = #"{"name":"\#(decomposed)","totalCoupons":3,\#(end),"unknown":{"a":1}}"#
        let made = try caller.output(
            try await caller.send("CreateCampaign", Data(last.utf8), "application/json"),
            as: Coupon_V1_CreateCampaignResponse.self
        )
        let campaign = try await caller.get(made.campaignID).campaign
        #expect(Array(campaign.name.utf8) == Array(decomposed.utf8))
        #expect(campaign.endTime.seconds == 253_402_300_799 && campaign.endTime.nanos == 999_000_000)
        for user in ["user+tag@example.com", "o'brien/x=y!#$%&*?^_`{|}~@a.b", String(repeating: "x", count: 254)] {
            let code = try await caller.issue(made.campaignID, user: user)
            #expect(try await caller.coupon(code).userID == user)
        }
    }

    private func findsCodes(_ caller: CouponCaller) async throws {
        let campaign = try await caller.create(2)
        let code = try await caller.issue(campaign)
        let signs = code.decomposedStringWithCanonicalMapping
        let (one, other) = (String(code.prefix(5)), String(code.suffix(5)))
        let pasted: [String] = [
            "\(code)\u{200B}", "\u{FEFF}\(code)", "\(one)\u{FF0D}\(other)", "\(one) \u{2013}\u{A0}\(other)",
            "\(signs.prefix(3))\u{AD}\u{3000}\(signs.dropFirst(3))",
        ]
        for text in pasted {
            #expect(try await caller.coupon(text).code == code, "\(Array(text.unicodeScalars))")
        }
        let redeem = Coupon_V1_RedeemCouponRequest.with { $0.couponCode = "\u{2068}\(code)\u{2069}\n" }
        let redeemed: Coupon_V1_RedeemCouponResponse = try await caller.call("RedeemCoupon", redeem)
        #expect(redeemed.coupon.code == code)
        let second = try await caller.issue(campaign)
        let dashed = second.map { "\($0)\u{2212}" }.joined()
        let void = Coupon_V1_VoidCouponRequest.with { $0.couponCode = dashed }
        let voided: Coupon_V1_VoidCouponResponse = try await caller.call("VoidCoupon", void)
        #expect(voided.coupon.state == .voided)
    }

    private func keepsTokensApart(_ caller: CouponCaller) async throws {
        for mode in [Coupon_V1_IssueMode.exact, .leased] {
            let (one, other) = (
                try await caller.create(5) { $0.issueMode = mode }, try await caller.create(5) { $0.issueMode = mode }
            )
            for _ in 0..<3 { for id in [one, other] { _ = try await caller.issue(id) } }
            func page(_ id: Int64, _ token: String) -> Coupon_V1_ListCouponsRequest {
                .with { ($0.campaignID, $0.pageSize, $0.pageToken) = (id, 1, token) }
            }
            let first: Coupon_V1_ListCouponsResponse = try await caller.call("ListCoupons", page(one, ""))
            let next: Coupon_V1_ListCouponsResponse = try await caller.call(
                "ListCoupons",
                page(one, first.nextPageToken)
            )
            #expect(next.coupons.count == 1 && next.coupons != first.coupons)
            let refused = try await caller.refusal("ListCoupons", page(other, first.nextPageToken))
            #expect(refused.code == "invalid_argument" && refused.fields == ["page_token"], "\(refused)")
        }
    }

    /// The same of a list that is no call's.
    private func keepsCursorsApart(_ system: TallySystem) async throws {
        for (payer, payee) in [("ann", "bob"), ("ann", "bob"), ("cyd", "dan"), ("cyd", "dan")] {
            let order = #"{"from_account":"\#(payer)","to_account":"\#(payee)","amount":"1.00"}"#
            _ = try await curl("-H", "Content-Type: application/json", "-d", order, "\(system.url)/payments")
        }
        let page = try await curl("\(system.url)/users/ann/payments?limit=1")
        let cursor = try #require(page.firstMatch(of: #/cursor=([0-9A-Za-z_-]+)/#)?.1)
        let status = { (user: String) async throws -> String in
            let url = "\(system.url)/users/\(user)/payments?limit=1&cursor=\(cursor)"
            return try await curl("-o", "/dev/null", "-w", "%{http_code}", url)
        }
        #expect(try await status("ann") == "200")
        #expect(try await status("cyd") == "400")
    }

    private func answersReads(_ caller: CouponCaller) async throws {
        let query = "encoding=json&message=%7B%22campaignId%22%3A1%7D"
        let read = try await caller.curl(["\(caller.url)/\(caller.service)/GetCampaign?\(query)"])
        #expect(read.status == 200)
        #expect(read.head.lowercased().contains("\r\ncache-control: no-store\r\n"), "\(read.head)")
    }

    /// `buf curl` asks for the schema by reflection, in the protocol that it calls with.
    private func servesBuf(_ system: TallySystem) async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let program = """
            import pathlib, subprocess, sys
            sys.exit(subprocess.run([pathlib.Path(sys.executable).with_name("buf"), "curl", *sys.argv[1:]]).returncode)
            """
        for flags in [[], ["--protocol", "grpc"], ["--protocol", "grpcweb"], ["--http2-prior-knowledge"]] {
            let url = "http://127.0.0.1:\(system.grpcPort)/coupon.v1.CouponService/GetCampaign"
            let printed = try await Program.output(
                root.appending(path: "scripts/clients").path,
                ["-c", program] + flags + ["-d", #"{"campaignId":"1"}"#, url]
            )
            #expect(printed.contains("\"campaign\""), "\(flags): \(printed.prefix(300))")
        }
    }
}
