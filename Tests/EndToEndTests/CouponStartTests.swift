import Foundation
import Support
import Testing

/// A campaign starts at its time as Redis knows it, and nobody's clock can open it early or late.
struct CouponStartTests {
    private struct Report: Decodable {
        struct Counts: Decodable {
            let issued: Int?
            let refused: Int?
        }
        let instances: [Counts]
        let violations: [String]
    }

    @Test func `two instances whose clocks are an hour apart start campaigns to the instant`() async throws {
        let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
        try #require(FileManager.default.fileExists(atPath: library))
        var options = RedisServer.Options()
        options.appendOnly = true
        let server = try RedisServer(options)
        defer { server.kill() }
        let ports = [try freePort(), try freePort()]
        let instances = try zip(ports, ["-30m", "+30m"]).map { port, clock in
            try Program(
                TallySystem.executable,
                ["serve"],
                environment: [
                    "LD_PRELOAD": library, "FAKETIME": clock, "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                    "TALLY_PORT": "\(port)", "TALLY_ADMIN_PORT": "0", "TALLY_REDIS_URL": server.url,
                    "TALLY_DRAIN_DELAY_SECONDS": "0",
                ]
            )
        }
        do {
            for (port, instance) in zip(ports, instances) {
                try await eventually("the instance answers", within: .seconds(60)) {
                    guard instance.isRunning else { throw TallySystem.Failure(description: instance.output) }
                    let url = "http://127.0.0.1:\(port)/coupon.v1.CouponService/ListCampaigns"
                    return try await curl("-H", "Content-Type: application/json", "-d", "{}", url) == "{}"
                }
            }
            let program = try CouponPeer.start(
                "coupon_start.py",
                ["--redis", "\(server.port)"] + ports.map { "\($0)" }
            )
            try await program.end(within: .seconds(240))
            let report = try CouponPeer.report(program, as: Report.self)
            #expect(report.violations.isEmpty && program.exitCode == 0, "\(program.output.suffix(3000))")
            #expect(report.instances.count == 2)
            for counts in report.instances {
                #expect((counts.refused ?? 0) > 0 && (counts.issued ?? 0) > 0, "\(report)")
            }
        } catch {
            for instance in instances { await instance.stop() }
            throw error
        }
        for instance in instances {
            await instance.stop()
            #expect(instance.exitCode == 0, "\(instance.output.suffix(2000))")
        }
    }
}
