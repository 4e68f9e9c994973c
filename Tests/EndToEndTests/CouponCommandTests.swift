import Foundation
import Support
import Testing

/// `tally coupons` and `tally audit coupons`, as people use them.
struct CouponCommandTests {
    @Test func `people make, issue, use, change and audit a campaign`() async throws {
        try await TallySystem.with(chain: []) { system in
            func coupons(_ words: String...) async throws -> (code: Int32, output: String) {
                try await TallySystem.run(["coupons"] + words + ["--url", system.url])
            }
            let made = try await coupons("create", "첫 구매", "--coupons", "2", "--per-user", "1", "--request-id", "one")
            #expect(made == (0, "1\n"))
            let again = try await coupons("create", "첫 구매", "--coupons", "2", "--per-user", "1", "--request-id", "one")
            #expect(again == (0, "1\n"))
            let later = try await coupons("create", "later", "--coupons", "9", "--start-in", "3600", "--leased")
            #expect(later == (0, "2\n"))
            let first = try await coupons("issue", "1", "--user", "gopal", "--request-id", "r")
            let repeated = try await coupons("issue", "1", "--user", "gopal", "--request-id", "r")
            #expect(first.code == 0 && first.output.count == 11 && repeated == first)
            let code = String(first.output.dropLast())
            let more = try await coupons("issue", "1", "--user", "gopal")
            #expect(more.code == 1 && more.output.hasPrefix("failed_precondition: "))
            let early = try await coupons("issue", "2")
            #expect(early == (1, "failed_precondition: coupon issuance not started yet\n"))
            #expect(try await coupons("pause", "1") == (0, "paused, 1 of 2 issued\n"))
            #expect(try await coupons("issue", "1", "--user", "asha").output.hasPrefix("unavailable: "))
            #expect(try await coupons("resume", "1") == (0, "active, 1 of 2 issued\n"))
            #expect(try await coupons("raise", "1", "--coupons", "3") == (0, "active, 1 of 3 issued\n"))
            let redeemed = try await coupons("redeem", code, "--user", "gopal")
            #expect(redeemed.code == 0 && redeemed.output.contains("state     redeemed"))
            #expect(try await coupons("void", code).code == 1)
            let second = try await coupons("issue", "1", "--user", "asha")
            #expect(try await coupons("get", "1", "--codes") == (0, first.output + second.output))
            let list = try await coupons("list")
            #expect(
                list.output.contains("1   active     2       3 ") && list.output.contains("2   scheduled  0       9 ")
            )
            #expect(try await coupons("list", "--json").output.contains(#""name":"첫 구매""#))
            #expect(try await coupons("get", "1").output.contains("issued    2 of 3"))
            #expect(try await coupons("get", "7") == (1, "not_found: there is no campaign with this id\n"))
            try await Self.audits(system)
        }
    }

    /// An audit before and after somebody has changed what is in Redis.
    private static func audits(_ system: TallySystem) async throws {
        func audit(_ words: String...) async throws -> (code: Int32, output: String) {
            let redis = "redis://127.0.0.1:\(system.ports.redis)/0"
            return try await TallySystem.run(["audit", "coupons", "--redis-url", redis] + words)
        }
        let clean = try await audit()
        #expect(clean.code == 0, "\(clean.output)")
        #expect(clean.output.contains("campaign   1 exact: 2 of 3 issued, 2 distinct codes, 0 holes, 1 redeemed"))
        #expect(clean.output.contains("campaign   2 leased: 0 of 9 issued"))
        let missing = try await audit("--campaign", "7")
        #expect(missing == (64, "There is no campaign 7\n"))
        let redis = ["-p", "\(system.ports.redis)"]
        _ = try await TallySystem.output("/usr/bin/redis-cli", redis + ["XDEL", "tally:{c:1}:log", "1-0"])
        let broken = try await audit("--json")
        #expect(broken.code == 1 && broken.output.contains(#""hole":1"#))
        let other = try await audit("--campaign", "2")
        #expect(other.code == 0)
    }

    @Test func `a watch goes on while instances come and go`() async throws {
        try await TallySystem.with(chain: []) { system in
            // An instance may just be dying under a command: it is said again until it is heard, which does it once.
            func coupons(_ words: String...) async throws -> String {
                var ended: (code: Int32, output: String) = (1, "")
                try await eventually("\(words) is done", within: .seconds(60)) {
                    ended = try await TallySystem.run(["coupons"] + words + ["--url", system.url])
                    return ended.code == 0
                }
                return ended.output
            }
            _ = try await coupons("create", "watched", "--coupons", "9", "--request-id", "make")
            let watch = try Program(
                TallySystem.executable,
                ["coupons", "watch", "1", "--from-start", "--url", system.url]
            )
            var codes: [String] = []
            for (number, name) in ["instance-1", "instance-2", "instance-1"].enumerated() {
                codes.append(String(try await coupons("issue", "1", "--request-id", "\(number)").dropLast()))
                let code = try #require(codes.last)
                try await eventually("\(code) is seen", within: .seconds(30)) { watch.output.contains(code) }
                try system.kill(name)
            }
            _ = try await coupons("pause", "1")
            try await eventually("the pause is seen", within: .seconds(30)) { watch.output.contains("Z  paused\n") }
            await watch.stop()
            let lines = watch.output.split(separator: "\n").filter { $0.contains("Z  issued ") }
            #expect(lines.count == codes.count && zip(lines, codes).allSatisfy { $0.hasSuffix($1) }, "\(watch.output)")
        }
        let wrong = try await TallySystem.run(["coupons", "list", "--url", "ftp://x"])
        #expect(wrong.code == 64)
        let alone = try await TallySystem.run(["coupons", "list", "--url", "http://127.0.0.1:9"])
        #expect(alone == (69, "cannot reach http://127.0.0.1:9: connection refused\n"))
    }
}
