import Foundation
import Support
import Testing

/// A whole system that asks for API keys, as its operators and callers see it.
struct AccessTests {
    private struct Desk {
        let system: TallySystem

        func tally(_ words: [String]) async throws -> (code: Int32, output: String) {
            try await TallySystem.run(words + ["--redis-url", "redis://127.0.0.1:\(self.system.ports.redis)/0"])
        }

        /// The key and its id.
        func create(_ name: String, _ scopes: String...) async throws -> (key: String, id: String) {
            let words = ["keys", "create", name, "--json"] + scopes.flatMap { ["--scope", $0] }
            return try self.made(try await self.tally(words))
        }

        func made(_ ended: (code: Int32, output: String)) throws -> (key: String, id: String) {
            #expect(ended.code == 0, "\(ended.output)")
            let json = try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any]
            return (try #require(json?["key"] as? String), try #require(json?["id"] as? String))
        }

        /// Waits until each instance has heard of a key, which takes a second.
        func isKnown(_ key: String) async throws {
            for port in self.system.ports.instances {
                let url = "http://127.0.0.1:\(port)/idempotency/x"
                let words = ["-sS", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Authorization: Bearer \(key)", url]
                try await eventually("the key is known") {
                    try await TallySystem.output("/usr/bin/curl", words) == "200"
                }
            }
        }

        /// The body and the status of a request.
        func ask(_ key: String?, _ path: String, _ words: String...) async throws -> String {
            var arguments = ["-sS", "--max-time", "10", "-w", " %{http_code}"] + words
            if let key { arguments += ["-H", "Authorization: Bearer \(key)"] }
            return try await TallySystem.output("/usr/bin/curl", arguments + [self.system.url + path])
        }
    }

    private static let json = ["-H", "Content-Type: application/json", "-d"]

    private static func with(_ body: @escaping (Desk) async throws -> Void) async throws {
        try await TallySystem.with(["--workers", "0"], ["TALLY_ACCESS_KEYS": "required"], chain: []) { system in
            try await body(Desk(system: system))
        }
    }

    @Test func `each request needs a key that may do it`() async throws {
        try await Self.with { desk in
            let all = try await desk.create("shop", "uniques:write", "ledger:write", "coupons:admin", "coupons:write")
            let reader = try await desk.create("reader", "ledger:read", "uniques:read", "payments:read")
            let paths = [
                "/api/verve/accept?id=1", "/api/uniques", "/users/a/balance", "/users/a/history", "/payments/x",
                "/transactions/x", "/distributions?address=x", "/idempotency/k", "/distribute?address=x",
            ]
            for path in paths { #expect(try await desk.ask(nil, path).hasSuffix(" 401"), "\(path)") }
            for path in ["/openapi.json", "/coupon.proto"] {
                #expect(try await desk.ask(nil, path).hasSuffix(" 200"), "\(path)")
            }
            try await desk.isKnown(all.key)
            try await desk.isKnown(reader.key)
            #expect(try await desk.ask(reader.key, "/api/uniques").hasSuffix(" 200"))
            #expect(try await desk.ask(all.key, "/api/verve/accept?id=1") == "ok 200")
            let add = Self.json + [#"{"amount":5}"#]
            #expect(try await desk.ask(all.key, "/users/a/add", add[0], add[1], add[2], add[3]).hasSuffix(" 200"))
            #expect(try await desk.ask(reader.key, "/users/a/add", add[0], add[1], add[2], add[3]).hasSuffix(" 403"))
            #expect(try await desk.ask(reader.key, "/api/verve/accept?id=1").hasSuffix(" 403"))
            #expect(try await desk.ask(all.key, "/users/a/balance").hasSuffix(" 403"))
            #expect(try await desk.ask(reader.key, "/users/a/balance").contains("5.00"))
            #expect(try await desk.ask("tally_nonsense", "/users/a/balance").hasSuffix(" 401"))
        }
    }

    @Test func `a key is scope of its caller's idempotency keys`() async throws {
        try await Self.with { desk in
            let first = try await desk.create("first", "ledger:write", "ledger:read")
            let second = try await desk.create("second", "ledger:write")
            let words = ["-H", "Idempotency-Key: k", "-H", "Content-Type: application/json", "-d", #"{"amount":5}"#]
            func add(_ key: String) async throws -> String {
                try await desk.ask(key, "/users/a/add", words[0], words[1], words[2], words[3], words[4], words[5])
            }
            try await desk.isKnown(first.key)
            try await desk.isKnown(second.key)
            let one = try await add(first.key)
            #expect(try await add(first.key) == one)
            #expect(try await add(second.key).hasSuffix(" 200"))
            #expect(try await desk.ask(first.key, "/users/a/balance").contains("10.00"))
            // The new key of the same caller answers what the old one was answered.
            let rotated = try desk.made(try await desk.tally(["keys", "rotate", first.id, "--json"]))
            try await desk.isKnown(rotated.key)
            #expect(try await add(rotated.key) == one)
            #expect(try await add(first.key) == one)
            #expect(try await desk.tally(["keys", "revoke", first.id]).code == 0)
            try await eventually("the old key has ended") { try await add(first.key).hasSuffix(" 401") }
            #expect(try await add(rotated.key) == one)
        }
    }

    @Test func `coupons refuse in the caller's protocol, and operators are written down`() async throws {
        try await Self.with { desk in
            let url = desk.system.url
            let admin = try await desk.create("boss", "coupons:admin", "coupons:read", "coupons:write")
            let shop = try await desk.create("shop", "coupons:write")
            let folder = try TemporaryFolder("tally-keys")
            let file = folder.url.appending(path: "key").path
            func coupons(_ key: String, _ words: String...) async throws -> (code: Int32, output: String) {
                try Data("\(key)\n".utf8).write(to: URL(filePath: file))
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
                return try await TallySystem.run(["coupons"] + words + ["--url", url], ["TALLY_API_KEY_FILE": file])
            }
            try await desk.isKnown(admin.key)
            try await desk.isKnown(shop.key)
            #expect(try await coupons(admin.key, "create", "spring", "--coupons", "2") == (0, "1\n"))
            #expect(
                try await coupons(shop.key, "create", "mine", "--coupons", "2").output.hasPrefix("permission_denied")
            )
            #expect(try await coupons(shop.key, "issue", "1", "--user", "u").code == 0)
            #expect(try await coupons(admin.key, "pause", "1").code == 0)
            let loader = try await desk.create("loader", "ledger:write", "ledger:read")
            try await desk.isKnown(loader.key)
            let words = ["load", "mixed", "--mix", "add=1,balance=1", "--rate", "20", "--seconds", "1", "--users", "4"]
            let keyless = try await TallySystem.run(words + ["--url", url])
            #expect(keyless.code != 0, "\(keyless.output)")
            try Data("\(loader.key)\n".utf8).write(to: URL(filePath: file))
            let loaded = try await TallySystem.run(words + ["--url", url], ["TALLY_API_KEY_FILE": file])
            #expect(loaded.code == 0, "\(loaded.output)")
            let issue = "/coupon.v1.CouponService/IssueCoupon"
            let body = Self.json + [#"{"campaignId":"1"}"#]
            let refused = try await desk.ask(nil, issue, body[0], body[1], body[2], body[3])
            #expect(refused.hasPrefix(#"{"code":"unauthenticated""#) && refused.hasSuffix(" 401"))
            #expect(refused.contains("This request needs an API key"))
            let grpc = try await TallySystem.output(
                "/usr/bin/curl",
                [
                    "-sS", "--max-time", "10", "--http2-prior-knowledge", "-D", "-", "-o", "/dev/null", "-X", "POST",
                    "-H", "content-type: application/grpc", "-H", "te: trailers",
                    "http://127.0.0.1:\(desk.system.grpcPort)\(issue)",
                ]
            )
            #expect(grpc.contains("grpc-status: 16"), "\(grpc)")
            let log = try await desk.tally(["admin", "log"]).output
            for action in ["keys.create", "coupons.create", "coupons.pause"] { #expect(log.contains(action)) }
            #expect(log.contains(#""actor":"api:boss""#) && !log.contains("api:shop"))
            #expect(try await desk.tally(["audit", "admin"]).code == 0)
            let redis = ["-p", "\(desk.system.ports.redis)"]
            _ = try await TallySystem.output("/usr/bin/redis-cli", redis + ["XDEL", "tally:{admin}:log", "2-0"])
            let broken = try await desk.tally(["audit", "admin"])
            #expect(broken.code == 1 && broken.output.contains("entries 2 to 2 are missing"))
        }
    }
}
