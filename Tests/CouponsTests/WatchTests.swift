import Coordination
import Coupons
import Support
import Testing

@Suite struct WatchTests {
    /// Events until there are as many as wanted.
    private static func events(
        _ fixture: CouponsFixture,
        _ id: CampaignID,
        cursor: String,
        count: Int
    ) async throws -> [WatchEvent] {
        struct Enough: Error {}
        var events: [WatchEvent] = []
        var watch = try await CampaignWatch(fixture.coupons, id, cursor: cursor)
        do {
            try await watch.run { news in
                for event in news {
                    events.append(event)
                    if events.count == count { throw Enough() }
                }
            }
        } catch is Enough {}
        return events
    }

    @Test(arguments: [Campaign.Mode.exact, .leased])
    func `A watch tells each event once, and goes on where any of them left off`(mode: Campaign.Mode) async throws {
        var options = CouponsFixture.Options()
        options.coupons.watchInterval = .milliseconds(10)
        try await CouponsFixture.with(options) { fixture in
            let id = try await fixture.create(10, mode: mode)
            var codes: [CouponCode] = []
            for _ in 0..<4 { codes.append(try await fixture.issue(id).code) }
            _ = try await fixture.coupons.use(codes[1], .redeem(user: "u"), requestID: nil, caller: "test")
            _ = try await fixture.coupons.change(id, .pause)
            _ = try await fixture.coupons.change(id, .resume)
            _ = try await fixture.coupons.change(id, .raise(11))
            let all = try await Self.events(fixture, id, cursor: "", count: 9)
            guard case .standing(let standing) = all[0].kind else {
                Issue.record("\(all[0])")
                return
            }
            #expect(standing.issued == 4)
            let issued = all.compactMap { event in
                if case .issued(let coupon) = event.kind { coupon.code } else { nil }
            }
            #expect(Set(issued) == Set(codes))
            #expect(issued.count == 4)
            #expect(all.count { $0.kind == .paused } == 1)
            #expect(all.count { $0.kind == .raised(quota: 11) } == 1)
            // From each cursor on, exactly the rest.
            for index in 1..<8 {
                let rest = try await Self.events(fixture, id, cursor: all[index].cursor.text, count: 9 - index)
                #expect(Set(rest.dropFirst().map(\.kind)) == Set(all[(index + 1)...].map(\.kind)))
            }
            let now = try await CampaignWatch(fixture.coupons, id, cursor: "now")
            _ = now
            await #expect(throws: CouponError.self) {
                _ = try await CampaignWatch(fixture.coupons, id, cursor: "1-0_2-0")
            }
        }
    }
}
