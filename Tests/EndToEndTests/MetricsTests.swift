import Foundation
import Support
import Testing

/// The rules and the dashboard ask only for metrics that real processes tell.
struct MetricsTests {
    @Test func `rules and dashboard ask for metrics that processes tell`() async throws {
        try await TallySystem.with(chain: []) { system in
            let json = ["-H", "Content-Type: application/json"]
            let calls = [
                ["\(system.url)/api/verve/accept?id=1"],
                json + ["-H", "Idempotency-Key: a", "-d", #"{"amount":"2.00"}"#, "\(system.url)/users/gopal/add"],
                json + [
                    "-H", "Idempotency-Key: p", "-d", #"{"from_account":"gopal","to_account":"asha","amount":"1.00"}"#,
                    "\(system.url)/payments",
                ],
                json + [
                    "-d", #"{"name":"launch","totalCoupons":1}"#,
                    "\(system.url)/coupon.v1.CouponService/CreateCampaign",
                ],
                [
                    "-H", "Idempotency-Key: d",
                    "\(system.url)/distribute?address=0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
                ],
            ]
            for call in calls { _ = try await TallySystem.output("/usr/bin/curl", ["-sS", "--max-time", "30"] + call) }
            // The worker carries out the payment and looks at the chain by itself.
            try await eventually(within: .seconds(60)) { try await Self.complaints(of: system) == "ok metrics\n" }
        }
    }

    /// The complaints of `scripts/manifests metrics` about all processes now.
    private static func complaints(of system: TallySystem) async throws -> String {
        var files: [String] = []
        for port in system.ports.admin {
            let file = system.directory.appending(path: "metrics-\(port)")
            try Data(try await curl("http://127.0.0.1:\(port)/metrics").utf8).write(to: file)
            files.append(file.path)
        }
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let program = try Program(root.appending(path: "scripts/manifests").path, ["metrics"] + files)
        try await program.end(within: .seconds(300))
        // It says so when it has to install its tools first.
        let lines = program.output.split(separator: "\n").filter { !$0.hasPrefix("manifests:") }
        return lines.joined(separator: "\n") + "\n"
    }
}
