import CouponAPI
import Foundation
import Load
import NIOCore
import Testing

/// The whole load against a service that keeps its promise, and against ones that do nearly.
///
/// One after the other, because each is a load.
@Suite(.serialized)
struct CouponsLoadTests {
    static func configuration(_ urls: [String]) -> CouponsLoadConfiguration {
        var configuration = CouponsLoadConfiguration()
        configuration.urls = urls
        configuration.coupons = 400
        configuration.issues = 200
        configuration.seconds = 1
        configuration.startIn = .milliseconds(400)
        configuration.connections = 8
        configuration.late = 20
        configuration.lookInterval = .milliseconds(150)
        configuration.requestTimeout = .seconds(30)
        configuration.timeLimit = .seconds(60)
        configuration.settleWait = .seconds(20)
        return configuration
    }

    static func rush(_ urls: [String]) -> CouponsLoadConfiguration {
        var configuration = Self.configuration(urls)
        configuration.pattern = .rush
        configuration.coupons = 300
        // Slow machines take longer than the load's second.
        configuration.seconds = 60
        return configuration
    }

    static func run(_ configuration: CouponsLoadConfiguration) async throws -> CouponsReport {
        try await CouponsLoad(configuration: configuration).run { _ in }
    }

    @Test(
        arguments: [
            { _ in }, { $0.codec = .json }, { $0.service = "couponpb.CouponService" }, { $0.isLeased = true },
            { $0.hasRequestIDs = true }, { $0.users = 20 }, { $0.early = 5 }, { $0.coupons = 150 },
            {
                $0.startIn = .zero
                $0.lookInterval = .zero
                $0.threads = 2
            },
            {
                $0.users = 7
                $0.userLimit = 11
                $0.hasRequestIDs = true
                $0.repeatShare = 0.4
                $0.codec = .json
                $0.early = 3
            },
        ] as [@Sendable (inout CouponsLoadConfiguration) -> Void]
    )
    func `a right service passes at a fixed pace, with every code listed once`(
        change: @Sendable (inout CouponsLoadConfiguration) -> Void
    ) async throws {
        try await FakeCoupons.run(servers: 2) { service, urls in
            var configuration = Self.configuration(urls)
            change(&configuration)
            let report = try await Self.run(configuration)
            #expect(report.complaints == [])
            #expect(report.exitCode == 0)
            let expected = min(200, configuration.coupons, configuration.userLimit > 0 ? 77 : 200)
            #expect(report.issued == expected && service.coupons().count == expected)
            let isEarly = configuration.startIn > .zero
            #expect(report.earlyRefused == (isEarly ? configuration.early : 0))
            #expect(report.evidence.late.count == (configuration.coupons < 200 ? 20 : 0))
            #expect(report.tallies.issues.refusedCount == 200 - expected)
            #expect(report.evidence.listing?.codes == service.coupons().map(\.code))
            #expect(configuration.lookInterval == .zero || report.looks > 0)
            // Nobody who was refused gets a replay.
            #expect(configuration.userLimit > 0 || report.tally.replays == report.tally.repeats)
            #expect(!configuration.hasRequestIDs || report.tally.repeats > 3)
            let campaign = try #require(service.campaigns.first)
            #expect(campaign.name == configuration.prefix && service.campaigns.count == 1)
            #expect((campaign.issueMode == .leased) == configuration.isLeased)
            #expect(Set(service.requests.map(\.path)) == ["/\(configuration.service)/IssueCoupon"])
            #expect(Set(service.coupons().map(\.userID)).count == max(configuration.users, 1))
            #expect(report.text.contains("issued      \(expected) of 200 in "))
            #expect(report.text.contains("PASSED: the codes handed out are exactly those listed, "))
            let json = try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any]
            #expect(json?["passed"] as? Bool == true)
            #expect(json?["issued"] as? Int == expected && json?["listed_codes"] as? Int == expected)
        }
    }

    @Test(
        arguments: [
            { _ in }, { $0.codec = .json },
            {
                $0.hasRequestIDs = true
                $0.users = 50
                $0.threads = 2
                $0.isLeased = true
            },
            {
                $0.users = 10
                $0.userLimit = 30
            },
        ] as [@Sendable (inout CouponsLoadConfiguration) -> Void]
    )
    func `a rush ends when all is gone, and everything after that is refused`(
        change: @Sendable (inout CouponsLoadConfiguration) -> Void
    ) async throws {
        try await FakeCoupons.run(servers: 2) { service, urls in
            var configuration = Self.rush(urls)
            change(&configuration)
            let report = try await Self.run(configuration)
            #expect(report.complaints == [])
            #expect(report.issued == 300 && service.coupons().count == 300)
            #expect(report.evidence.late.count == 20)
            #expect(report.tallies.late?.refused == ["SOLD_OUT": 20])
            #expect(report.tally.unsent == 0 && report.doubtful == 0)
            // It ends by itself, long before its time is over.
            #expect(report.elapsed < .seconds(50))
            #expect(report.text.contains("late        20 of 20 refused"))
        }
    }

    @Test
    func `a rush ends when its time is over, and what was not sold by then is told`() async throws {
        var faults = CouponFaults()
        faults.slowness = 60
        try await FakeCoupons.run(faults) { service, urls in
            var configuration = Self.rush(urls)
            configuration.coupons = 100_000
            configuration.seconds = 1
            let report = try await Self.run(configuration)
            #expect(Set(report.findings.found.keys) == [.unsold])
            #expect(report.complaints.count == 1)
            #expect(report.issued == service.coupons().count && report.issued > 8)
            #expect(report.evidence.late.isEmpty)
        }
    }

    @Test
    func `a campaign that is there is used, and its codes are not those of the load`() async throws {
        try await FakeCoupons.run(servers: 2) { service, urls in
            var configuration = Self.configuration(urls)
            let first = try await Self.run(configuration)
            #expect(first.complaints == [])
            configuration.pattern = .rush
            configuration.campaign = 1
            configuration.seconds = 60
            let second = try await Self.run(configuration)
            #expect(second.complaints == [])
            #expect(second.evidence.before.count == 200 && second.issued == 200)
            #expect(second.evidence.early.isEmpty)
            #expect(service.campaigns.count == 1)
            // There is nothing left, and that is right.
            let third = try await Self.run(configuration)
            #expect(third.complaints == [])
            #expect(third.issued == 0 && third.evidence.before.count == 400)
        }
    }

    @Test(arguments: [
        CouponFaults.Fault.close(issues: true), .close(issues: false), .status(502, issues: true),
        .status(504, issues: false), .unavailable(issues: true), .unavailable(issues: false),
    ])
    func `what was not answered is sent again with its id, and is one coupon`(fault: CouponFaults.Fault) async throws {
        var faults = CouponFaults()
        faults.every = (7, fault)
        faults.unavailableQuestions = 3
        try await FakeCoupons.run(faults, servers: 2) { service, urls in
            var configuration = Self.configuration(urls)
            configuration.hasRequestIDs = true
            configuration.users = 10
            let report = try await Self.run(configuration)
            #expect(report.complaints == [])
            #expect(report.issued == 200 && service.coupons().count == 200)
            #expect(report.tally.retryCount > 20 && report.doubtful == 0)
            let rush = try await Self.run(Self.rush(urls))
            // Without ids the same faults leave doubts.
            #expect(rush.complaints.count == 1 && rush.complaints[0].contains("issues have an unknown outcome"))
        }
    }

    @Test(arguments: [CouponFaults.Fault.close(issues: true), .close(issues: false), .status(502, issues: true)])
    func `what was not answered is sent once without an id, and its coupon may be there or not`(
        fault: CouponFaults.Fault
    ) async throws {
        var faults = CouponFaults()
        faults.every = (10, fault)
        try await FakeCoupons.run(faults) { service, urls in
            var configuration = Self.configuration(urls)
            configuration.users = 5
            configuration.isAllowingUnknown = true
            let report = try await Self.run(configuration)
            #expect(report.complaints == [])
            #expect(service.requests.count == 201)
            #expect(report.issued == 180 && report.doubtful == 20)
            #expect(report.evidence.listing?.codes.count == (fault == .close(issues: false) ? 180 : 200))
            #expect(report.text.contains("doubtful    20 ("))
            configuration.isAllowingUnknown = false
            configuration.runID = LoadSetting.randomID()
            let strict = try await Self.run(configuration)
            #expect(strict.exitCode == 1 && strict.findings.complaints == [], "\(strict.text)")
        }
    }

    @Test
    func `a service that is away during the load is read in the end`() async throws {
        try await FakeCoupons.run(servers: 2, away: 0) { service, urls in
            var configuration = Self.configuration(urls)
            configuration.hasRequestIDs = true
            let report = try await Self.run(configuration)
            #expect(report.complaints == [])
            #expect(service.coupons().count == 200)
        }
    }

    @Test
    func `a load that cannot run says why`() async throws {
        try await FakeCoupons.run { service, urls in
            var configuration = Self.configuration(urls)
            configuration.campaign = 9
            configuration.settleWait = .zero
            await Self.expectRefusal(configuration, "GetCampaign: status 404, not_found")
            configuration.campaign = nil
            configuration.service = "another.Service"
            await Self.expectRefusal(configuration, "CreateCampaign: status 404")
            #expect(service.requests.isEmpty)
        }
        for ahead in [Int64(3_600_000), -3_600_000] {
            var faults = CouponFaults()
            faults.ahead = ahead
            try await FakeCoupons.run(faults) { service, urls in
                await Self.expectRefusal(Self.configuration(urls), "the clocks differ")
                #expect(service.requests.isEmpty)
            }
        }
        var configuration = Self.configuration(["http://127.0.0.1:1"])
        configuration.settleWait = .zero
        await Self.expectRefusal(configuration, "Cannot connect")
    }

    private static func expectRefusal(_ configuration: CouponsLoadConfiguration, _ reason: String) async {
        do {
            _ = try await Self.run(configuration)
            Issue.record("it ran")
        } catch {
            #expect(error is LoadError && "\(error)".contains(reason), "\(error)")
        }
    }

    @Test
    func `the clock of the service decides when the start is`() async throws {
        var faults = CouponFaults()
        faults.ahead = 500
        try await FakeCoupons.run(faults) { _, urls in
            var configuration = Self.configuration(urls)
            configuration.startIn = .seconds(2)
            let report = try await Self.run(configuration)
            #expect(report.complaints == [])
            #expect(report.earlyRefused == 1)
        }
    }
}
