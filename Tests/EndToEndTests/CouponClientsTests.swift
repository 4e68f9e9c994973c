import CouponAPI
import Foundation
import Support
import Testing

/// Clients of other languages and protocols, and our own loads, against one system.
struct CouponClientsTests {
    /// A client of another language that asks `count` times; `scripts/clients` installs it.
    private func client(
        _ system: TallySystem,
        _ campaign: Int64,
        _ count: Int,
        _ protocolAndCodec: (String, String)
    ) throws -> Program {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try Program(
            root.appending(path: "scripts/clients").path,
            [
                root.appending(path: "Tests/EndToEndTests/Peer/coupons.py").path, "--http", system.url,
                "--grpc", "127.0.0.1:\(system.grpcPort)", "--campaign", "\(campaign)", "--count", "\(count)",
                "--protocol", protocolAndCodec.0, "--codec", protocolAndCodec.1,
            ]
        )
    }

    @Test(arguments: [Coupon_V1_IssueMode.exact, .leased])
    func `clients of gRPC, gRPC-Web and Connect take one campaign together`(
        mode: Coupon_V1_IssueMode
    ) async throws {
        try await TallySystem.with { system in
            let caller = try CouponCaller(system.url)
            let quota = 900
            let campaign = try await caller.create(Int64(quota)) { $0.issueMode = mode }
            let kinds = ["grpc", "grpcweb", "connect"].flatMap { name in ["proto", "json"].map { (name, $0) } }
            // Each asks on until all are gone: so they were all there together.
            let clients = try kinds.map { try self.client(system, campaign, quota, $0) }
            var codes: [String] = []
            for (kind, client) in zip(kinds, clients) {
                try await client.end(within: .seconds(300))
                // The first one of all says that it installs something.
                let lines = client.output.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("clients: ") }
                let (errors, mine) = (lines.filter { $0.hasPrefix("error ") }, lines.filter { !$0.hasPrefix("error ") })
                let strange = mine.filter { $0.count != 10 }
                #expect(strange.isEmpty, "\(kind): \(strange)")
                #expect(client.exitCode == 0 && lines.count == quota, "\(kind): \(client.output.suffix(1000))")
                #expect(!mine.isEmpty && !errors.isEmpty, "\(kind): \(mine.count) codes")
                #expect(errors.allSatisfy { $0 == "error resource_exhausted SOLD_OUT: no more coupons available" })
                codes += mine
            }
            #expect(codes.count == quota && Set(codes).count == quota)
            #expect(Set(try await caller.get(campaign).couponCodes) == Set(codes))
            try await CouponFaultTests.audit(system)
        }
    }

    private func load(_ system: TallySystem, _ arguments: [String]) throws -> Program {
        let fixed = ["load", "coupons", "--url", system.url, "--behind-proxy", "--request-ids"]
        return try Program(TallySystem.executable, fixed + arguments)
    }

    @Test(arguments: [
        ["--coupons", "2000", "--issues", "1000", "--seconds", "4", "--start-in", "2", "--codec", "protobuf"],
        ["--coupons", "2000", "--issues", "1000", "--seconds", "4", "--start-in", "2", "--codec", "json", "--leased"],
        ["--pattern", "rush", "--coupons", "1500", "--seconds", "60", "--codec", "json"],
        ["--pattern", "rush", "--coupons", "1500", "--seconds", "60", "--codec", "protobuf", "--leased"],
    ])
    func `a load finds every coupon that it got, and no other`(arguments: [String]) async throws {
        try await TallySystem.with { system in
            let load = try self.load(system, arguments)
            try await load.end(within: .seconds(200))
            #expect(load.exitCode == 0, "\(load.output.suffix(4000))")
            try await CouponFaultTests.audit(system)
        }
    }

    @Test func `a load finds every coupon that it got while instances and Redis are killed`() async throws {
        try await TallySystem.with { system in
            let (issues, seconds) = (Round.long(2000), Round.long(9))
            let size = ["--coupons", "\(3 * issues)", "--issues", "\(issues)", "--seconds", "\(seconds)"]
            let load = try self.load(system, size)
            let victims = ["instance-1", "redis", "instance-2", "redis"]
            var random = Round.seed.random
            for round in 0..<Round.long(victims.count) {
                try await Task.sleep(for: .milliseconds(1500 + Int(random.next() % 1000)))
                // A process that is being started again is not there to be killed.
                if let pid = try? system.pid(victims[round % victims.count]) { kill(pid, SIGKILL) }
            }
            try await load.end(within: .seconds(240))
            #expect(load.exitCode == 0, "\(load.output.suffix(4000))")
            try await CouponFaultTests.audit(system)
        }
    }
}
