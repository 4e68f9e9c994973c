import Connect
import Coordination
import Coupons
import RESP
import Redis
import Support
import Testing
import Web

@Suite struct IssueTests {
    @Test(arguments: [Campaign.Mode.exact, .leased])
    func `A thousand callers at once get exactly the quota, each its own code`(mode: Campaign.Mode) async throws {
        try await CouponsFixture.with { fixture in
            let id = try await fixture.create(317, mode: mode)
            let outcomes = await withTaskGroup(of: Result<CouponCode, CouponError>.self) { group in
                for _ in 0..<1000 { group.addTask { await fixture.outcome(id) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let codes = outcomes.compactMap { try? $0.get() }
            #expect(codes.count == 317)
            #expect(Set(codes).count == 317)
            for case .failure(let error) in outcomes { #expect(error == .soldOut || error == .busy) }
            let whole = try await fixture.coupons.whole(id)
            #expect(Set(whole.codes) == Set(codes))
            #expect(whole.standing.issued == 317)
            #expect(whole.standing.state == .soldOut)
            let last = await fixture.outcome(id)
            #expect(last == .failure(.soldOut))
        }
    }

    @Test(arguments: [Campaign.Mode.exact, .leased])
    func `The same request id gets the same code, and another request with it is refused`(
        mode: Campaign.Mode
    ) async throws {
        try await CouponsFixture.with { fixture in
            let id = try await fixture.create(100, mode: mode)
            let codes = try await withThrowingTaskGroup(of: CouponCode.self) { group in
                for _ in 0..<50 { group.addTask { try await fixture.issue(id, requestID: "one").code } }
                return try await group.reduce(into: Set<CouponCode>()) { $0.insert($1) }
            }
            #expect(codes.count == 1)
            let again = try await fixture.issue(id, requestID: "one")
            #expect(again.isReplay)
            let standing = try await fixture.coupons.standing(id)
            #expect(standing.issued == 1)
            guard mode == .exact else { return }
            let other = await fixture.outcome(id, user: "somebody", requestID: "one")
            #expect(other == .failure(.idempotencyKeyReused))
        }
    }

    @Test(arguments: [Campaign.Mode.exact, .leased])
    func `A refused request id is as good as new`(mode: Campaign.Mode) async throws {
        try await CouponsFixture.with { fixture in
            let start = try await fixture.now().advanced(byMilliseconds: 300)
            let id = try await fixture.create(1, start: start, mode: mode)
            let early = await fixture.outcome(id, requestID: "patient")
            guard case .failure(.notStarted(let milliseconds)) = early else {
                Issue.record("\(early)")
                return
            }
            #expect((1...300).contains(milliseconds))
            try await eventually { try await fixture.now() >= start }
            let code = try await fixture.issue(id, requestID: "patient").code
            let late = await fixture.outcome(id, requestID: "late")
            #expect(late == .failure(.soldOut))
            _ = try await fixture.coupons.change(id, .raise(2))
            let second = try await fixture.issue(id, requestID: "late").code
            #expect(second != code)
        }
    }

    @Test(arguments: [Campaign.Mode.exact, .leased])
    func `A user gets as many as one may have, also when all ask at once`(mode: Campaign.Mode) async throws {
        try await CouponsFixture.with { fixture in
            let id = try await fixture.create(1000, userLimit: 2, mode: mode)
            let outcomes = await withTaskGroup(of: Result<CouponCode, CouponError>.self) { group in
                for number in 0..<300 { group.addTask { await fixture.outcome(id, user: "user-\(number % 10)") } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { (try? $0.get()) != nil } == 20)
            for case .failure(let error) in outcomes { #expect(error == .userLimit) }
            let nobody = await fixture.outcome(id)
            guard case .failure(.invalid(let field, _)) = nobody else {
                Issue.record("\(nobody)")
                return
            }
            #expect(field == "user_id")
        }
    }

    @Test(arguments: [Campaign.Mode.exact, .leased])
    func `A paused campaign issues nothing until it is resumed, and one that ended nothing more`(
        mode: Campaign.Mode
    ) async throws {
        try await CouponsFixture.with { fixture in
            let end = try await fixture.now().advanced(byMilliseconds: 60_000)
            let id = try await fixture.create(10, end: end, mode: mode)
            _ = try await fixture.issue(id)
            let paused = try await fixture.coupons.change(id, .pause)
            #expect(paused.state == .paused)
            let refused = await fixture.outcome(id)
            #expect(refused == .failure(.paused))
            // It is no error of the service, though its code is that of one.
            #expect(CouponError.paused.rpc.code == .unavailable && CouponError.paused.rpc.cause == .operator)
            _ = try await fixture.coupons.change(id, .pause)
            _ = try await fixture.coupons.change(id, .resume)
            _ = try await fixture.issue(id)
            // The end comes: Redis compares, so its record is what counts.
            let past = try await fixture.now().advanced(byMilliseconds: -1)
            for place in mode == .exact ? [id.root] : id.parts {
                _ = try await fixture.node.send(
                    RedisCommand(
                        "HSET",
                        .key(CouponKeys.campaign(place)),
                        "end",
                        .text(String(past.milliseconds))
                    ),
                    within: nil
                )
            }
            let ended = await fixture.outcome(id)
            #expect(ended == .failure(.ended))
        }
    }

    @Test func `An unknown campaign, and an id that none can have, are unknown`() async throws {
        try await CouponsFixture.with { fixture in
            for number in [1, 99, CampaignID.limit, CampaignID.limit + 1, Int64.max] {
                await #expect(throws: CouponError.campaignUnknown) {
                    _ = try await fixture.coupons.issue(
                        try IssueOrder(campaign: number, user: "", requestID: nil, caller: "test")
                    )
                }
            }
            for number in [0, -1, Int64.min] {
                #expect(throws: CouponError.self) {
                    try IssueOrder(campaign: number, user: "", requestID: nil, caller: "test")
                }
            }
        }
    }

    @Test func `Without an append-only file nothing is issued, with one that is flushed each second it is`()
        async throws
    {
        var options = CouponsFixture.Options()
        options.appendOnly = false
        try await CouponsFixture.with(options) { fixture in
            await #expect(throws: CouponError.storeUnsafe) { try await fixture.create(1) }
        }
        options.appendOnly = true
        try await CouponsFixture.with(options) { fixture in
            let id = try await fixture.create(1)
            _ = try await fixture.issue(id)
        }
    }

    @Test func `A wrong type at any key of an issue changes nothing`() async throws {
        try await CouponsFixture.with { fixture in
            let id = try await fixture.create(10, userLimit: 1)
            let claim = IdempotencyClaim(
                caller: "test",
                key: "k",
                method: "IssueCoupon",
                path: "\(id)",
                canonical: "gopal"
            )
            let keys = [
                CouponKeys.log(id.root), CouponKeys.users(id.root),
                CouponKeys.idempotency(id.root, digest: claim.digest),
            ]
            for key in keys {
                _ = try await fixture.node.send(RedisCommand("SET", .key(key), "wrong"), within: nil)
                let outcome = await fixture.outcome(id, user: "gopal", requestID: "k")
                #expect(outcome == .failure(.storeInconsistent), "\(key)")
                _ = try await fixture.node.send(RedisCommand("DEL", .key(key)), within: nil)
                let standing = try await fixture.coupons.standing(id)
                #expect(standing.issued == 0)
            }
            _ = try await fixture.issue(id, user: "gopal", requestID: "k")
        }
    }
}
