import CouponAPI
import Foundation
import Support
import SwiftProtobuf
import Testing

/// Streams of what happens to a campaign, through what may happen to them.
struct CouponWatchTests {
    private struct Report: Decodable {
        struct Event: Decodable, Equatable {
            let kind: String
            /// The coupon's sequence, or the new quota.
            let number: Int64
            let code: String

            init(_ kind: String, _ number: Int64 = 0, _ code: String = "") {
                (self.kind, self.number, self.code) = (kind, number, code)
            }

            init(from decoder: any Swift.Decoder) throws {
                var values = try decoder.unkeyedContainer()
                self.kind = try values.decode(String.self)
                self.number = try values.decode(Int64.self)
                self.code = try values.decode(String.self)
            }
        }
        let events: [Event]
        /// How each stream ended that did not end at the watcher's wish.
        let ends: [String]
        let cursor: String
        let violations: [String]
    }

    private func watch(_ campaign: Int64, _ port: Int, _ arguments: [String]) throws -> Program {
        try CouponPeer.start("coupon_watch.py", arguments + ["\(campaign)", "\(port)"])
    }

    private func report(_ watch: Program) async throws -> Report {
        try await watch.end(within: .seconds(150))
        let report = try CouponPeer.report(watch, as: Report.self)
        #expect(report.violations.isEmpty && watch.exitCode == 0, "\(watch.output.suffix(3000))")
        return report
    }

    @Test(arguments: [("1", []), ("2", []), ("1", ["--json"]), ("2", ["--json"])])
    func `a watch goes on by its cursor when its instance is killed, and has each issue once, in order`(
        mode: String,
        form: [String]
    ) async throws {
        try await TallySystem.with { system in
            let quota = 2000
            let crowd = ["--quota", "\(quota)", "--mode", mode, "--clients", "20"]
            var watch: Program?
            let taken = try await CouponPeer.crowd(system, crowd) { crowd in
                let id = try await CouponPeer.campaign(of: crowd)
                watch = try self.watch(id, system.ports.http, ["--until", "\(quota)"] + form)
                let victims = ["instance-1", "instance-2", "instance-1", "instance-2"]
                try await CouponFaultTests.kill(victims, of: system, during: crowd)
            }
            let seen = try await self.report(try #require(watch))
            #expect(!seen.ends.isEmpty, "no stream was ever cut: the test has proved nothing")
            #expect(seen.events.allSatisfy { $0.kind == "issued" } && seen.events.count == quota)
            let codes = try await CouponCaller(system.url).get(try #require(taken.ids.first)).couponCodes
            if mode == "1" {
                #expect(seen.events.map(\.code) == codes && seen.events.map(\.number) == Array(1...Int64(quota)))
            } else {
                #expect(Set(seen.events.map(\.code)) == Set(codes) && Set(seen.events.map(\.number)).count == quota)
            }
        }
    }

    /// One of everything that may happen to a campaign of ten; returns what a watch should have seen of it.
    private func live(_ caller: CouponCaller, _ campaign: Int64) async throws -> [Report.Event] {
        let codes = [try await caller.issue(campaign), try await caller.issue(campaign)]
        let pause = Coupon_V1_PauseCampaignRequest.with { $0.campaignID = campaign }
        // The second one changes nothing, and is no event.
        _ = try await caller.call("PauseCampaign", pause, as: Coupon_V1_PauseCampaignResponse.self)
        _ = try await caller.call("PauseCampaign", pause, as: Coupon_V1_PauseCampaignResponse.self)
        _ = try await caller.call("ResumeCampaign", pause, as: Coupon_V1_ResumeCampaignResponse.self)
        let raise = Coupon_V1_RaiseQuotaRequest.with { ($0.campaignID, $0.totalCoupons) = (campaign, 11) }
        _ = try await caller.call("RaiseQuota", raise, as: Coupon_V1_RaiseQuotaResponse.self)
        let redeem = Coupon_V1_RedeemCouponRequest.with { $0.couponCode = codes[0] }
        _ = try await caller.call("RedeemCoupon", redeem, as: Coupon_V1_RedeemCouponResponse.self)
        let void = Coupon_V1_VoidCouponRequest.with { $0.couponCode = codes[1] }
        _ = try await caller.call("VoidCoupon", void, as: Coupon_V1_VoidCouponResponse.self)
        let last = try await caller.issue(campaign)
        var numbers: [Int64] = []
        for code in codes + [last] { numbers.append(try await caller.coupon(code).sequence) }
        return [
            Report.Event("issued", numbers[0], codes[0]), Report.Event("issued", numbers[1], codes[1]),
            Report.Event("paused"), Report.Event("resumed"), Report.Event("quotaRaised", 11),
            Report.Event("redeemed", numbers[0], codes[0]), Report.Event("voided", numbers[1], codes[1]),
            Report.Event("issued", numbers[2], last),
        ]
    }

    /// The parts of a leased campaign have no common order; what happens to one coupon has.
    private func expect(_ seen: [Report.Event], _ expected: [Report.Event], _ mode: Coupon_V1_IssueMode) {
        if mode == .exact { #expect(seen == expected) }
        #expect(seen.count == expected.count && seen.allSatisfy(expected.contains), "\(seen)")
        for code in Set(expected.map(\.code)) {
            #expect(seen.filter { $0.code == code } == expected.filter { $0.code == code })
        }
    }

    @Test(arguments: [Coupon_V1_IssueMode.exact, .leased])
    func `everything that happens to a campaign is seen in its order, and a cursor is a place in it`(
        mode: Coupon_V1_IssueMode
    ) async throws {
        try await TallySystem.with { system in
            let (caller, port) = (try CouponCaller(system.url), system.ports.http)
            let campaign = try await caller.create(10) { $0.issueMode = mode }
            let live = try self.watch(campaign, port, ["--until", "3"])
            try await eventually("it watches", within: .seconds(60)) { live.output.contains("OPEN") }
            let expected = try await self.live(caller, campaign)
            let seen = try await self.report(live)
            // Three issues were seen, and in a leased campaign maybe not all that happened beside them.
            if mode == .exact { self.expect(seen.events, expected, mode) }
            let whole = try self.watch(campaign, port, ["--until", "4"])
            let now = try self.watch(campaign, port, ["--until", "1", "--cursor", "now"])
            let after = try self.watch(campaign, port, ["--until", "1", "--cursor", seen.cursor, "--json"])
            for watch in [whole, now, after] {
                try await eventually("it watches", within: .seconds(60)) { watch.output.contains("OPEN") }
            }
            let more = try await caller.issue(campaign)
            let end = [Report.Event("issued", try await caller.coupon(more).sequence, more)]
            self.expect(try await self.report(whole).events, expected + end, mode)
            let behind = try await self.report(after).events
            self.expect(mode == .exact ? behind : seen.events + behind, mode == .exact ? end : expected + end, mode)
            #expect(try await self.report(now).events == end)
        }
    }

    @Test func `a cursor that is none and a campaign that is not there are refused`() async throws {
        try await TallySystem.with { system in
            let caller = try CouponCaller(system.url)
            let campaign = try await caller.create(10)
            for cursor in ["x", "99999999999999999999", "-1"] {
                let bad = try await self.report(try self.watch(campaign, system.ports.http, ["--cursor", cursor]))
                #expect(bad.ends.count == 1 && bad.ends[0].contains("invalid_argument"), "\(cursor): \(bad.ends)")
            }
            let unknown = try await self.report(try self.watch(77, system.ports.http, []))
            #expect(unknown.ends.count == 1 && unknown.ends[0].contains("not_found"), "\(unknown.ends)")
        }
    }

    @Test func `an instance that is told to end ends its streams properly, and itself`() async throws {
        try await TallySystem.with { system in
            let caller = try CouponCaller(system.url)
            let campaign = try await caller.create(10)
            _ = try await caller.issue(campaign)
            let watches = try (0..<5).map { _ in
                try self.watch(campaign, system.ports.instances[0], ["--until", "1000", "--once"])
            }
            for watch in watches {
                try await eventually("it watches", within: .seconds(60)) { watch.output.contains("OPEN") }
            }
            let pid = try system.pid("instance-1")
            try system.kill("instance-1", SIGTERM)
            try await eventually("the process is gone", within: .seconds(60)) { kill(pid, 0) == -1 }
            for watch in watches {
                let report = try await self.report(watch)
                #expect(report.ends.count == 1 && report.ends[0].hasPrefix("END "), "\(report.ends)")
            }
        }
    }

    @Test func `clients that do not read or are gone without a word harm nobody`() async throws {
        try await TallySystem.with { system in
            let quota = 1500
            var stalled: Program?
            var watch: Program?
            _ = try await CouponPeer.crowd(system, ["--quota", "\(quota)", "--clients", "50"]) { crowd in
                let id = try await CouponPeer.campaign(of: crowd)
                let ports = system.ports.instances.map { "\($0)" }
                stalled = try CouponPeer.start("coupon_watch.py", ["--stall", "20", "\(id)"] + ports)
                watch = try self.watch(id, system.ports.http, ["--until", "\(quota)"])
            }
            let seen = try await self.report(try #require(watch))
            #expect(seen.events.map(\.number) == Array(1...Int64(quota)))
            let clients = try #require(stalled)
            #expect(clients.isRunning && clients.output.contains("OPEN"), "\(clients.output)")
            kill(clients.pid, SIGKILL)
            // Watches ask Redis again and again, so one can see there that they have ended.
            try await eventually("nobody watches any more", within: .seconds(60)) {
                let before = try await self.looks(system)
                // Longer than the pause between two looks.
                try await Task.sleep(for: .seconds(3))
                return try await self.looks(system) == before
            }
        }
    }

    /// How often each instance has read logs so far.
    private func looks(_ system: TallySystem) async throws -> [String] {
        var lines: [String] = []
        for port in system.ports.admin.prefix(system.ports.instances.count) {
            let metrics = try await curl("http://127.0.0.1:\(port)/metrics")
            let line = metrics.split(separator: "\n").first { $0.hasPrefix("redis_commands_total{command=\"XRANGE\"}") }
            lines.append(String(try #require(line, "nobody ever watched")))
        }
        return lines
    }
}
