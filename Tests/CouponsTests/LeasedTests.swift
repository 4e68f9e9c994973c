import Coordination
import Coupons
import RESP
import Redis
import Support
import Testing

@Suite struct LeasedTests {
    /// The steps that a leased campaign's units go through.
    static let places = ["issue", "lend", "take", "give", "return", "given", "dry"].flatMap { step in
        ["before", "after"].map { "coupons.\(step).\($0)" }
    }

    @Test(arguments: Self.places)
    func `Whichever step's reply is lost, again and again, exactly the quota is issued`(place: String) async throws {
        var options = CouponsFixture.Options()
        // Each third call of the step ends as if the process had died there.
        options.failpoints = (1...60).map { "\(place)=drop@\($0 * 3 - 1)" }
        try await CouponsFixture.with(options) { fixture in
            let quota: Int64 = 300
            let id = try await fixture.create(quota, mode: .leased)
            let codes = await Self.sellAll(fixture, id, callers: 8, attempts: 200)
            #expect(codes.count == Int(quota))
            #expect(Set(codes.values).count == Int(quota))
            let whole = try await fixture.coupons.whole(id)
            #expect(Set(whole.codes) == Set(codes.values))
            #expect(fixture.failpoints.count(place) > 1, "the step was never reached twice")
            try await Self.expectBalance(fixture, id)
        }
    }

    /// Issues under request ids until the campaign is sold out, repeating what has no answer; codes by request id.
    private static func sellAll(
        _ fixture: CouponsFixture,
        _ id: CampaignID,
        callers: Int,
        attempts: Int
    ) async -> [String: CouponCode] {
        await withTaskGroup(of: [String: CouponCode].self) { group in
            for caller in 0..<callers {
                group.addTask {
                    var codes: [String: CouponCode] = [:]
                    for number in 0..<attempts {
                        let request = "\(caller)-\(number)"
                        attempt: while true {
                            // In the end only one user asks, so its part needs what the others have.
                            let user = number < 20 ? "" : "gopal"
                            switch await fixture.outcome(id, user: user, requestID: request) {
                            case .success(let code): codes[request] = code
                            case .failure(.soldOut): return codes
                            case .failure: continue attempt
                            }
                            break
                        }
                    }
                    return codes
                }
            }
            return await group.reduce(into: [:]) { $0.merge($1) { one, _ in one } }
        }
    }

    /// The root has lent exactly as much as its parts have.
    private static func expectBalance(_ fixture: CouponsFixture, _ id: CampaignID) async throws {
        let root = try await fixture.coupons.standing(id)
        var held: Int64 = 0
        for part in id.parts {
            let reply =
                try await fixture.node.send(
                    RedisCommand("HMGET", .key(CouponKeys.campaign(part)), "limit", "giving", "loan", "gift"),
                    within: nil
                ).array ?? []
            let loans =
                try await fixture.node.send(
                    RedisCommand(
                        "HMGET",
                        .key(CouponKeys.loans(id)),
                        .text("\(part.part ?? 0)"),
                        .text("gift:\(part.part ?? 0)")
                    ),
                    within: nil
                ).array ?? []
            held += reply[0].integerValue ?? 0
            let lent = (loans[0].string ?? "0 0").split(separator: " ").compactMap { Int64($0) }
            if lent[0] > reply[2].integerValue ?? 0 { held += lent[1] }
            if let giving = reply[1].string?.split(separator: " ").compactMap({ Int64($0) }),
                giving[0] > loans[1].integerValue ?? 0
            {
                held += giving[1]
            }
        }
        #expect(root.issued == root.campaign.quota)
        #expect(held == root.campaign.sequence)
        #expect(held == root.campaign.quota)
    }

    @Test func `A unit set aside in the borrower's own part is found by the borrower`() async throws {
        try await CouponsFixture.with { fixture in
            let id = try await fixture.create(1, mode: .leased)
            let order = try IssueOrder(campaign: id.number, user: "gopal", requestID: nil, caller: "test")
            // Gopal's part gets the only unit, and sets it aside for somebody who dies.
            var random = SeededGenerator(seed: 1)
            let place = order.part(&random)
            let root = CouponKeys.campaign(id.root)
            _ = await fixture.node.send(
                [
                    RedisCommand("HSET", .key(root), "sequence", "1"),
                    RedisCommand("HSET", .key(CouponKeys.loans(id)), .text("\(place.part ?? 0)"), "1 1"),
                    RedisCommand(
                        "HSET",
                        .key(CouponKeys.campaign(place)),
                        "loan",
                        "1",
                        "limit",
                        "0",
                        "gift",
                        "1",
                        "giving",
                        "1 1"
                    ),
                ],
                within: nil
            )
            let outcome = await fixture.outcome(id, user: "gopal")
            #expect((try? outcome.get()) != nil, "\(outcome)")
        }
    }

    @Test func `A raised quota is sold although its parts had said that all was sold`() async throws {
        try await CouponsFixture.with { fixture in
            let id = try await fixture.create(3, mode: .leased)
            var codes: Set<CouponCode> = []
            for _ in 0..<40 { if case .success(let code) = await fixture.outcome(id) { codes.insert(code) } }
            #expect(codes.count == 3)
            let raised = try await fixture.coupons.change(id, .raise(5))
            #expect(raised.state == .active)
            for _ in 0..<40 { if case .success(let code) = await fixture.outcome(id) { codes.insert(code) } }
            #expect(codes.count == 5)
            await #expect(throws: CouponError.quotaFalls) { _ = try await fixture.coupons.change(id, .raise(4)) }
        }
    }
}
