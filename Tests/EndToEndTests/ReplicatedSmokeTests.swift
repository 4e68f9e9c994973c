import CouponAPI
import Foundation
import Support
import SwiftProtobuf
import Testing

/// One of everything, answered only when a replica has it.
struct ReplicatedSmokeTests {
    private static let address = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"

    private func post(_ url: String, _ body: String) async throws -> String {
        try await curl("-i", "-H", "Content-Type: application/json", "-d", body, url)
    }

    private func expectReplicated(_ answer: String, _ status: Int) {
        #expect(answer.hasPrefix("HTTP/1.1 \(status) ") && answer.contains("replicated; replicas=1"), "\(answer)")
    }

    @Test(arguments: ["whole", "split"])
    func `money is added and paid`(steps: String) async throws {
        try await ReplicatedSystem.with(["TALLY_PAYMENTS_STEPS": steps]) { system in
            self.expectReplicated(try await self.post("\(system.url)/users/alice/add", #"{"amount":100}"#), 200)
            for number in 1...3 {
                let body = #"{"from_account":"alice","to_account":"bob","amount":10}"#
                let accepted = try await self.post("\(system.url)/payments", body)
                self.expectReplicated(accepted, 202)
                let id = try #require(accepted.firstMatch(of: /"id":"([^"]+)"/)?.1, "\(accepted)")
                try await eventually("payment \(number) is done", within: .seconds(60)) {
                    try system.demandLife()
                    return try await curl("\(system.url)/payments/\(id)?wait=4").contains(#""status":"done""#)
                }
            }
            let balance = try await curl("\(system.url)/users/bob/balance")
            #expect(balance.contains(#""balance":"30.00""#), "\(balance)")
            try system.demandLife()
        }
    }

    @Test func `coins are sent, coupons are issued in each way and ids are counted`() async throws {
        let chain = try ChainNode()
        defer { chain.kill() }
        try await ReplicatedSystem.with(["TALLY_UNIQUES_WINDOW_SECONDS": "1"], chain: chain) { system in
            for id in 1...3 { #expect(try await curl("\(system.url)/api/verve/accept?id=\(id)") == "ok") }

            try await eventually("a coin is sent", within: .seconds(60)) {
                try system.demandLife()
                return try await curl("\(system.url)/distribute?address=\(Self.address)&wait=mined")
                    .contains(#""status":"mined""#)
            }

            let caller = try CouponCaller(system.url)
            for mode in [Coupon_V1_IssueMode.exact, .leased] {
                let campaign = try await caller.create(2) { $0.issueMode = mode }
                let code = try await caller.issue(campaign, user: "u", request: "r1")
                #expect(try await caller.issue(campaign, user: "u", request: "r1") == code)
                _ = try await caller.issue(campaign)
                try await eventually("all are given") {
                    try await caller.refusedIssue(campaign).reason == "SOLD_OUT"
                }
                let redeem = Coupon_V1_RedeemCouponRequest.with {
                    $0.couponCode = code
                    $0.userID = "u"
                }
                let redeemed: Coupon_V1_RedeemCouponResponse = try await caller.call("RedeemCoupon", redeem)
                #expect(redeemed.coupon.state == .redeemed)
            }

            let length = ["-p", "\(system.primary.port)", "XLEN", "tally:uniques:counts"]
            try await eventually("the count of a window is published", within: .seconds(60)) {
                try system.demandLife()
                return try await TallySystem.output("/usr/bin/redis-cli", length) != "0\n"
            }
        }
    }
}
