import Coordination
import Coupons
import Evidence
import Redis
import Support
import Testing

/// Systems in which all is right, however they came about.
@Suite
struct AuditTests {
    @Test
    func `Without campaigns there is nothing to prove`() async throws {
        try await CouponsFixture.with { fixture in
            let report = try await fixture.audit()
            #expect(report.isClean)
            #expect(report.campaigns == 0)
            let one = await Self.failure { try await fixture.audit { $0.campaign = 1 } }
            #expect(one == .unusable("There is no campaign 1"))
            let impossible = await Self.failure { try await fixture.audit { $0.campaign = -1 } }
            #expect(impossible == .unusable("There is no campaign -1"))
        }
    }

    private static func failure(_ body: () async throws -> CouponsAudit.Report) async -> AuditError? {
        do { _ = try await body() } catch { return error as? AuditError }
        return nil
    }

    @Test
    func `What happened is counted, campaign by campaign`() async throws {
        try await CouponsFixture.with { fixture in
            let exact = try await fixture.create(5, userLimit: 2)
            for user in ["gopal", "gopal", "asha"] { _ = try await fixture.issue(exact, user: user) }
            let leased = try await fixture.create(400, mode: .leased)
            for _ in 0..<50 { _ = try await fixture.issue(leased) }
            _ = try await fixture.coupons.change(exact, .pause)
            _ = try await fixture.coupons.change(exact, .resume)
            _ = try await fixture.coupons.change(leased, .raise(500))
            let codes = try await fixture.codes(exact)
            _ = try await fixture.coupons.use(codes[2], .redeem(user: "asha"), requestID: "r", caller: "test")
            _ = try await fixture.coupons.use(try await fixture.codes(leased)[7], .void, requestID: nil, caller: "test")

            let report = try await fixture.audit()
            #expect(report.isClean, "\(report.text)")
            #expect(report.campaigns == 2)
            #expect(report.issued == 53 && report.distinctCodes == 53)
            let (first, second) = (try #require(report.lines.first), try #require(report.lines.last))
            #expect(first.issued == 3 && first.redeemed == 1 && first.voided == 0 && first.holes == 0)
            #expect(first.users == 2 && first.usersOverLimit == 0 && first.distinctCodes == 3)
            #expect(second.issued == 50 && second.quota == 500 && second.voided == 1 && second.mode == .leased)
            #expect(report.text.contains("campaign   1 exact: 3 of 5 issued, 3 distinct codes, 0 holes, 1 redeemed"))
            #expect(report.text.contains("2 users with at most 2, 0 with more") && report.text.contains("CLEAN"))
            #expect(report.json.contains(#""clean":true"#) && report.json.contains(#""per_user_violations":0"#))
            #expect(report.exitCode == 0)

            let one = try await fixture.audit { $0.campaign = leased.number }
            #expect(one.isClean && one.lines == [second])
        }
    }

    @Test
    func `An id whose campaign was never completed is no violation`() async throws {
        var options = CouponsFixture.Options()
        options.failpoints = ["coupons.open.after=drop@3"]
        try await CouponsFixture.with(options) { fixture in
            await #expect(throws: CouponError.self) { _ = try await fixture.create(5, mode: .leased) }
            let id = try await fixture.create(5)
            _ = try await fixture.issue(id)
            let report = try await fixture.audit()
            #expect(report.isClean, "\(report.text)")
            #expect(report.incomplete == 1 && report.campaigns == 1)
        }
    }

    @Test
    func `Without the code key all but the codes is proven`() async throws {
        var options = CouponsFixture.Options()
        let key = try #require(CodeKey(version: 3, bytes: Array(0..<32)))
        options.keys = [key]
        try await CouponsFixture.with(options) { fixture in
            let id = try await fixture.create(5)
            _ = try await fixture.issue(id)
            let blind = try await fixture.audit()
            #expect(blind.violations.total == 0)
            #expect(blind.undecided.map(\.reason) == ["its code key \(key.name) is not here"])
            #expect(blind.exitCode == 3)
            #expect(blind.lines.map(\.distinctCodes) == [nil] && blind.text.contains("codes unknown"))
            let report = try await fixture.audit(keys: [key])
            #expect(report.isClean && report.distinctCodes == 1)
        }
    }

    @Test
    func `Key files that cannot be are told, not guessed`() async throws {
        try await CouponsFixture.with { fixture in
            _ = try await fixture.create(5)
            try await fixture.send("HSET", .key(CouponKeys.secrets), "0", "short")
            let failure = await Self.failure { try await fixture.audit() }
            guard case .unusable(let text) = failure else {
                Issue.record("\(String(describing: failure))")
                return
            }
            #expect(text.hasPrefix("The code keys cannot be used"))
        }
    }

    @Test(arguments: [Campaign.Mode.exact, .leased], [0, 3])
    func `It is clean at any moment while coupons are issued, used, paused and raised`(
        mode: Campaign.Mode,
        userLimit: Int64
    ) async throws {
        try await CouponsFixture.with { fixture in
            let id = try await fixture.create(1500, userLimit: userLimit, mode: mode)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<20 {
                    group.addTask { try await Self.work(fixture, id, worker, hasUsers: userLimit > 0) }
                }
                group.addTask {
                    for turn in 0..<10 {
                        for change in [Coupons.Change.pause, .resume, .raise(1500 + Int64(turn))] {
                            _ = try await fixture.coupons.change(id, change)
                            try await Task.sleep(for: .milliseconds(20))
                        }
                    }
                }
                group.addTask {
                    var audits = 0
                    var isOver = false
                    repeat {
                        let report = try await fixture.audit()
                        #expect(report.violations.total == 0, "\(report.text)")
                        audits += 1
                        let issued = try await fixture.coupons.standing(id).issued
                        isOver = issued >= 1500 && audits >= 5
                    } while !isOver
                }
                try await group.waitForAll()
            }
            let report = try await fixture.audit()
            #expect(report.isClean, "\(report.text)")
            let line = try #require(report.lines.first)
            #expect(line.issued == line.quota && line.holes == 0 && line.distinctCodes == line.issued)
            #expect(line.redeemed + line.voided > 20)
        }
    }

    /// Issues until nothing is left; uses some of it.
    private static func work(
        _ fixture: CouponsFixture,
        _ id: CampaignID,
        _ worker: Int,
        hasUsers: Bool
    ) async throws {
        var turn = 0
        var hasHeardAll = false
        while true {
            turn += 1
            let user = hasUsers ? "user-\(worker)-\(turn / 2)" : ""
            switch await fixture.outcome(id, user: user) {
            case .success(let code):
                guard turn.isMultiple(of: 20) else { continue }
                let use = turn.isMultiple(of: 40) ? Coupons.Use.void : .redeem(user: user)
                _ = try await fixture.coupons.use(code, use, requestID: nil, caller: "test")
            case .failure(.soldOut):
                // A quota that is raised after that is issued too.
                if hasHeardAll { return }
                hasHeardAll = try await fixture.coupons.standing(id).campaign.revision >= 29
                try await Task.sleep(for: .milliseconds(5))
            case .failure(.paused), .failure(.busy): try await Task.sleep(for: .milliseconds(2))
            case .failure(let error): throw error
            }
        }
    }
}
