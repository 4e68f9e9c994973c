import Coordination
import Coupons
import RESP
import Redis
import Support
import Testing

@Suite struct CampaignTests {
    @Test(arguments: [Campaign.Mode.exact, .leased])
    func `A campaign that is ordered twice under one request id is made once`(mode: Campaign.Mode) async throws {
        try await CouponsFixture.with { fixture in
            let ids = try await withThrowingTaskGroup(of: CampaignID.self) { group in
                for _ in 0..<20 { group.addTask { try await fixture.create(5, mode: mode, requestID: "make") } }
                return try await group.reduce(into: Set<CampaignID>()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            let page = try await fixture.coupons.list(before: nil, limit: 50)
            #expect(page.campaigns.count == 1)
            #expect(page.next == nil)
            await #expect(throws: CouponError.idempotencyKeyReused) {
                _ = try await fixture.create(6, mode: mode, requestID: "make")
            }
        }
    }

    @Test func `A campaign whose maker died half way is completed by the repetition, and never half seen`() async throws
    {
        for place in ["create.after", "open.before", "open.after"] {
            var options = CouponsFixture.Options()
            options.failpoints = ["coupons.\(place)=drop@1", "coupons.\(place)=drop@2"]
            try await CouponsFixture.with(options) { fixture in
                var id: CampaignID?
                var tries = 0
                while id == nil {
                    tries += 1
                    id = try? await fixture.create(5, mode: .leased, requestID: "make")
                    if id == nil, place != "open.after" {
                        let seen = try await fixture.coupons.list(before: nil, limit: 10).campaigns
                        #expect(seen.isEmpty)
                    }
                }
                #expect(tries == 3)
                #expect(id?.number == 1)
                _ = try await fixture.issue(try #require(id))
            }
        }
    }

    @Test func `What cannot be a campaign is refused by field`() async throws {
        let times = (ServerTime(milliseconds: 2000), ServerTime(milliseconds: 1000))
        let wrong: [(String, () throws -> CampaignOrder)] = [
            ("name", { try Self.order(name: "") }),
            ("name", { try Self.order(name: String(repeating: "가", count: 101)) }),
            ("name", { try Self.order(name: "a\u{0}b") }),
            ("name", { try Self.order(name: "a" + String(repeating: "\u{301}", count: 100_000)) }),
            ("total_coupons", { try Self.order(quota: 0) }),
            ("total_coupons", { try Self.order(quota: -1) }),
            ("total_coupons", { try Self.order(quota: 1001) }),
            ("per_user_limit", { try Self.order(userLimit: -1) }),
            ("end_time", { try Self.order(start: times.0, end: times.1) }),
            ("end_time", { try Self.order(start: times.0, end: times.0) }),
        ]
        for (field, make) in wrong {
            do {
                _ = try make()
                Issue.record("\(field) was taken")
            } catch CouponError.invalid(let found, _) { #expect(found == field) }
        }
        try await CouponsFixture.with { fixture in
            await #expect(throws: CouponError.invalid(field: "end_time", description: "must be in the future")) {
                _ = try await fixture.create(1, end: times.0)
            }
            let campaigns = try await fixture.coupons.list(before: nil, limit: 1).campaigns
            #expect(campaigns.isEmpty)
        }
    }

    private static func order(
        name: String = "x",
        start: ServerTime? = nil,
        end: ServerTime? = nil,
        quota: Int64 = 1,
        userLimit: Int64 = 0
    ) throws -> CampaignOrder {
        try CampaignOrder(
            name: name,
            start: start,
            end: end,
            quota: quota,
            userLimit: userLimit,
            mode: .exact,
            quotaLimit: 1000
        )
    }

    @Test(arguments: [Campaign.Mode.exact, .leased])
    func `Pages of coupons are the whole list, also between redemptions`(mode: Campaign.Mode) async throws {
        try await CouponsFixture.with { fixture in
            let id = try await fixture.create(60, mode: mode)
            var codes: Set<CouponCode> = []
            for number in 0..<53 {
                let code = try await fixture.issue(id).code
                codes.insert(code)
                if number % 3 == 0 {
                    _ = try await fixture.coupons.use(code, .redeem(user: ""), requestID: nil, caller: "test")
                }
            }
            let campaign = try await fixture.coupons.standing(id).campaign
            for size in [1, 7, 53, 1000] {
                var listed: [CouponCode] = []
                var cursor: CouponCursor? = .start
                while let next = cursor {
                    let page = try await fixture.coupons.coupons(campaign, after: next, limit: size)
                    #expect(page.coupons.count <= size)
                    listed += page.coupons.map(\.code)
                    cursor = page.next
                }
                #expect(listed.count == 53)
                #expect(Set(listed) == codes)
            }
            await #expect(throws: CouponError.self) {
                _ = try await fixture.coupons.coupons(
                    campaign,
                    after: CouponCursor(place: 200, position: .start),
                    limit: 1
                )
            }
        }
    }

    @Test(arguments: [Campaign.Mode.exact, .leased])
    func `A coupon is redeemed once, by its owner, and not when it is void`(mode: Campaign.Mode) async throws {
        try await CouponsFixture.with { fixture in
            let id = try await fixture.create(10, mode: mode)
            let coupons = fixture.coupons
            let code = try await fixture.issue(id, user: "gopal").code
            await #expect(throws: CouponError.otherUser) {
                _ = try await coupons.use(code, .redeem(user: "eve"), requestID: nil, caller: "test")
            }
            let redeemed = try await coupons.use(code, .redeem(user: "gopal"), requestID: "r", caller: "test")
            let again = try await coupons.use(code, .redeem(user: "gopal"), requestID: "r", caller: "test")
            #expect(again.isReplay)
            #expect(again.coupon == redeemed.coupon)
            await #expect(throws: CouponError.alreadyRedeemed) {
                _ = try await coupons.use(code, .redeem(user: "gopal"), requestID: nil, caller: "test")
            }
            await #expect(throws: CouponError.alreadyRedeemed) {
                _ = try await coupons.use(code, .void, requestID: nil, caller: "test")
            }
            let other = try await fixture.issue(id).code
            _ = try await coupons.use(other, .void, requestID: nil, caller: "test")
            _ = try await coupons.use(other, .void, requestID: nil, caller: "test")
            await #expect(throws: CouponError.voided) {
                _ = try await coupons.use(other, .redeem(user: ""), requestID: nil, caller: "test")
            }
            // A code that was not issued yet decodes, and is unknown all the same.
            let ring = try await coupons.keeper.current()
            let campaign = try await coupons.standing(id).campaign
            let unissued = try #require(ring.codes(campaign.codeKey)).code(
                CouponNumber(campaign: id, sequence: 5_000)
            )
            await #expect(throws: CouponError.couponUnknown) {
                _ = try await coupons.use(unissued, .redeem(user: ""), requestID: nil, caller: "test")
            }
        }
    }

    @Test func `A process with another code key issues nothing, and one whose key is newer still knows the old`()
        async throws
    {
        let server = try RedisServer(
            {
                var options = RedisServer.Options()
                options.appendOnly = true
                return options
            }()
        )
        defer { server.kill() }
        let one = try #require(CodeKey(version: 1, bytes: Array(repeating: 1, count: 32)))
        let other = try #require(CodeKey(version: 1, bytes: Array(repeating: 2, count: 32)))
        let newer = try #require(CodeKey(version: 2, bytes: Array(repeating: 3, count: 32)))
        var options = CouponsFixture.Options()
        options.keys = [one]
        try await CouponsFixture.with(options, on: server) { fixture in
            let id = try await fixture.create(3)
            _ = try await fixture.issue(id)
        }
        let campaign = try #require(CampaignID(1))
        options.keys = [other]
        try await CouponsFixture.with(options, on: server) { fixture in
            let refused = await fixture.outcome(campaign)
            #expect(refused == .failure(.codeKey))
            await #expect(throws: CouponError.codeKey) { _ = try await fixture.create(3) }
        }
        options.keys = [one, newer]
        try await CouponsFixture.with(options, on: server) { fixture in
            _ = try await fixture.issue(campaign)
            let id = try await fixture.create(3)
            let code = try await fixture.issue(id).code
            let found = try await fixture.coupons.coupon(code)
            #expect(found.campaign.codeKey == newer.name)
            #expect(found.coupon.number.campaign == id)
        }
    }
}
