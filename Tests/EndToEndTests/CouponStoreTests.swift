import CouponAPI
import Foundation
import Support
import SwiftProtobuf
import Testing

/// Coupons when Redis does not answer, and when an instance does not have the key that codes are made with.
struct CouponStoreTests {
    @Test func `without Redis nothing is issued for certain, and a repetition gets what was`() async throws {
        try await TallySystem.with { system in
            let caller = try CouponCaller(system.url)
            for mode in [Coupon_V1_IssueMode.exact, .leased] {
                let campaign = try await caller.create(100) { $0.issueMode = mode }
                let first = try await caller.issue(campaign)
                try system.kill("redis", SIGSTOP)
                for number in 0..<3 {
                    let refused = try await caller.refusedIssue(campaign, user: "gopal", request: "lost-\(number)")
                    #expect(refused.status == 503 && refused.code == "unavailable", "\(refused)")
                    #expect(refused.reason == "DEPENDENCY_UNAVAILABLE" && (refused.retry ?? 0) > 0, "\(refused)")
                }
                let get = Coupon_V1_GetCampaignRequest.with { $0.campaignID = campaign }
                let unknown = try await caller.refusal("GetCampaign", get)
                #expect(unknown.status == 503 && unknown.code == "unavailable", "\(unknown)")
                try system.kill("redis", SIGCONT)
                var codes: Set<String> = [first]
                for number in 0..<3 {
                    try await eventually("an answer", within: .seconds(60)) {
                        do {
                            let code = try await caller.issue(campaign, user: "gopal", request: "lost-\(number)")
                            let again = try await caller.issue(campaign, user: "gopal", request: "lost-\(number)")
                            #expect(again == code)
                            codes.insert(code)
                        } catch let refusal as CouponCaller.Refusal {
                            guard refusal.code == "unavailable" else { throw refusal }
                            return false
                        }
                        return true
                    }
                }
                #expect(codes.count == 4)
                #expect(Set(try await caller.get(campaign).couponCodes) == codes)
            }
        }
    }

    /// Starts an instance with a code key of its own in front of the system's Redis, and waits until it is there.
    private func instance(_ system: TallySystem, _ keys: String) async throws -> (Program, CouponCaller) {
        let port = try freePort()
        let environment = [
            "TALLY_PORT": "\(port)", "TALLY_ADMIN_PORT": "0", "TALLY_DRAIN_DELAY_SECONDS": "0",
            "TALLY_REDIS_URL": "redis://127.0.0.1:\(system.ports.redis)/0", "TALLY_COUPONS_CODE_KEYS": keys,
        ]
        let instance = try Program(TallySystem.executable, ["serve"], environment: environment)
        let caller = try CouponCaller("http://127.0.0.1:\(port)")
        try await eventually("the instance answers", within: .seconds(60)) {
            guard instance.isRunning else { throw TallySystem.Failure(description: instance.output) }
            let url = "\(caller.url)/\(caller.service)/ListCampaigns"
            return try await curl("-H", "Content-Type: application/json", "-d", "{}", url).hasPrefix("{")
        }
        return (instance, caller)
    }

    private func key(_ folder: TemporaryFolder, _ name: String) async throws -> String {
        let path = folder.url.appending(path: name).path
        let make = "umask 077; od -An -N32 -vtx1 /dev/urandom | tr -d ' \\n' > '\(path)'"
        _ = try await TallySystem.output("/bin/sh", ["-c", make])
        return path
    }

    @Test func `an instance with another code key issues nothing, and one with more keys has all codes`() async throws {
        let folder = try TemporaryFolder("code-keys")
        let keys = [try await self.key(folder, "a"), try await self.key(folder, "b"), try await self.key(folder, "c")]
        try await TallySystem.with([], ["TALLY_COUPONS_CODE_KEYS": "1:\(keys[0])"]) { system in
            let caller = try CouponCaller(system.url)
            let campaign = try await caller.create(10)
            let code = try await caller.issue(campaign)
            let (wrong, stranger) = try await self.instance(system, "1:\(keys[1])")
            for refused in [
                try await stranger.refusedIssue(campaign),
                try await stranger.refusal(
                    "GetCampaign",
                    Coupon_V1_GetCampaignRequest.with { $0.campaignID = campaign }
                ),
                try await stranger.refusal(
                    "CreateCampaign",
                    Coupon_V1_CreateCampaignRequest.with {
                        ($0.name, $0.totalCoupons) = ("n", 1)
                    }
                ),
            ] {
                #expect(refused.code == "unavailable" && refused.reason == "CODE_KEY", "\(refused)")
            }
            await wrong.stop()

            let (newer, other) = try await self.instance(system, "1:\(keys[0]),2:\(keys[2])")
            #expect(try await other.issue(campaign) != code)
            #expect(try await other.coupon(code).sequence == 1)
            let later = try await other.create(10)
            let new = try await other.issue(later)
            #expect(try await other.get(later).couponCodes == [new])
            #expect(try await caller.refusedIssue(later).reason == "CODE_KEY")
            #expect(try await caller.get(campaign).couponCodes.count == 2)
            await newer.stop()
        }
    }
}
