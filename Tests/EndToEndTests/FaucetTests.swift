import Foundation
import Support
import Testing

/// Coins as their users get them: through nginx and two instances, on a chain of each kind.
struct FaucetTests {
    private static let address = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"

    /// `tally load distribute` against a system, with the audit behind it; returns what it printed.
    static func load(
        _ system: TallySystem,
        _ arguments: [String],
        while harm: () async throws -> Void = {}
    ) async throws -> String {
        let load = try Program(
            TallySystem.executable,
            [
                "load", "distribute", "--url", system.url, "--behind-proxy",
                "--chain", "http://127.0.0.1:\(try #require(system.ports.chain))",
                "--redis-url", "redis://127.0.0.1:\(system.ports.redis)/0",
            ] + arguments
        )
        try await harm()
        try await load.end(within: .seconds(240))
        #expect(load.exitCode == 0, "\(load.output.suffix(4000))")
        return load.output
    }

    static let modes = [("hardhat", "auto"), ("hardhat", "interval:1"), ("geth", "auto"), ("geth", "interval:1")]

    @Test(arguments: Self.modes)
    func `a hundred coins in sequence, a hundred at once and a thousand at once are answered 200 and arrive`(
        rules: String,
        mining: String
    ) async throws {
        let chain = ["--chain-rules", rules, "--chain-mining", mining]
        // A debug build on a slow machine may take longer than the usual wait, which is no fault.
        try await TallySystem.with([], ["TALLY_FAUCET_WAIT_SECONDS": "30"], chain: chain) { system in
            let few = try await Self.load(system, ["--request-timeout", "40"])
            #expect(few.contains("coins       200 of 1000000000000000000 wei expected, 200 found"))
            let many = try await Self.load(system, ["--at-once", "1000", "--request-timeout", "40"])
            #expect(many.contains("1000 transactions, nonces 200 to 1199, gapless"))
        }
    }

    @Test func `a request is answered, repeated by its key, looked up and listed`() async throws {
        try await TallySystem.with(chain: []) { system in
            let distribute = "\(system.url)/distribute?address=\(Self.address)"
            let first = try await curl("-H", "Idempotency-Key: k", distribute)
            #expect(first.hasPrefix("{\"message\":\"Distribution successful\",\"data\":{\"id\":\""))
            let again = try await curl("-i", "-H", "Idempotency-Key: \"k\"", distribute)
            #expect(again.contains("Idempotent-Replayed: true") && again.hasSuffix(first))
            let posted = try await curl(
                "-H",
                "Idempotency-Key: k",
                "-H",
                "Content-Type: application/json",
                "-d",
                "{\"address\":\"\(Self.address.lowercased())\"}",
                "\(system.url)/distribute"
            )
            #expect(posted == first)
            let other = "\(system.url)/distribute?address=0x\(String(repeating: "1", count: 40))"
            #expect(try await curl("-H", "Idempotency-Key: k", other).contains("idempotency-key-reused"))

            let mined = try await curl("\(distribute)&wait=mined")
            #expect(mined.contains("\"status\":\"mined\",\"block_number\":"))
            // HEAD looks, and moves nothing.
            #expect(try await curl("-I", distribute).hasPrefix("HTTP/1.1 200"))
            let id = try #require(first.firstMatch(of: /"id":"([0-9A-Z]{26})"/)?.1)
            let found = try await curl("\(system.url)/distributions/\(id)?wait=10")
            #expect(found.contains("\"status\":\"confirmed\"") && found.contains("\"nonce\":0"))
            let list = try await curl("\(system.url)/distributions?address=\(Self.address)&limit=1")
            #expect(list.contains("\"nonce\":1") && list.contains("\"next\":\"/distributions?address="))
            let key = try await curl("\(system.url)/idempotency/k")
            #expect(key.contains("\"path\":\"/distribute\"") && key.contains("\"status\":200"))
        }
    }

    @Test func `what is wrong is named, and takes no nonce`() async throws {
        try await TallySystem.with(chain: []) { system in
            let wrong = [
                ("", "address-invalid"), ("?address=0x12", "address-invalid"),
                ("?address=0X70997970C51812dc3A010C7d01b50e0d17dc79C8", "address-invalid"),
                ("?address=0x70997970C51812dc3A010C7d01b50e0d17dc79c8", "address-checksum"),
                ("?address=0x0000000000000000000000000000000000000000", "address-forbidden"),
                ("?address=0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "address-forbidden"),
                ("?address=\(Self.address)&wait=long", "parameter-invalid"),
                ("?address=\(Self.address)&amount=2", "parameter-invalid"),
            ]
            for (query, slug) in wrong {
                #expect(try await curl("\(system.url)/distribute\(query)").contains("/problems/\(slug)\""), "\(query)")
            }
            #expect(try await curl("\(system.url)/distributions/x").contains("distribution-invalid"))
            let unknown = "\(system.url)/distributions/01M7ZB6G2R8YVA51HFQR000001"
            #expect(try await curl(unknown).contains("distribution-unknown"))
            let put = try await curl("-i", "-X", "PUT", "\(system.url)/distribute?address=\(Self.address)")
            #expect(put.contains("405") && put.contains("Allow: GET, HEAD, POST"))
            for fields in ["Sec-Purpose: prefetch", "Purpose: prefetch", "If-None-Match: *"] {
                let ahead = try await curl("-i", "-H", fields, "\(system.url)/distribute?address=\(Self.address)")
                #expect(ahead.contains(fields.contains("Purpose") ? "prefetch-refused" : "precondition-unsupported"))
            }
            let right = try await curl("\(system.url)/distribute?address=\(Self.address)")
            #expect(right.contains("\"nonce\":0,"))
        }
    }

    @Test func `an address waits for its next coin, a day has its limit, and strangers get none, when it is wanted`()
        async throws
    {
        let token = "0123456789abcdef"
        let folder = try TemporaryFolder("callers")
        let file = folder.url.appending(path: "callers")
        // The SHA-256 of the token.
        let digest = try await TallySystem.output("/bin/sh", ["-c", "printf %s \(token) | sha256sum | cut -d' ' -f1"])
        try "idp \(digest)".write(to: file, atomically: true, encoding: .utf8)
        let environment = [
            "TALLY_FAUCET_COOLDOWN_SECONDS": "3600", "TALLY_FAUCET_DAY_LIMIT": "2",
            "TALLY_FAUCET_CALLERS_FILE": file.path,
        ]
        try await TallySystem.with([], environment, chain: []) { system in
            func ask(_ address: String, _ more: String...) async throws -> String {
                try await TallySystem.output(
                    "/usr/bin/curl",
                    ["-sSi", "--max-time", "15"] + more + ["\(system.url)/distribute?address=\(address)"]
                )
            }
            let allowed = "Authorization: Bearer \(token)"
            #expect(try await ask(Self.address).contains("unauthorized"))
            #expect(try await ask(Self.address, "-H", "Authorization: Bearer x").contains("HTTP/1.1 401"))
            #expect(try await ask(Self.address, "-H", allowed).contains("Distribution successful"))
            let early = try await ask(Self.address.lowercased(), "-H", allowed)
            #expect(early.contains("HTTP/1.1 429") && early.contains("Retry-After: 3"))
            #expect(try await ask("0x" + String(repeating: "2", count: 40), "-H", allowed).contains("successful"))
            #expect(try await ask("0x" + String(repeating: "3", count: 40), "-H", allowed).contains("rate-limited"))
        }
    }

    /// A worker with a key that nobody else has, and coins for it.
    private func withOwnKey(_ body: (TallySystem, _ keyFile: String) async throws -> Void) async throws {
        let folder = try TemporaryFolder("wallet")
        let file = folder.url.appending(path: "key").path
        let make = "umask 077; od -An -N32 -vtx1 /dev/urandom | tr -d ' \\n' > '\(file)'"
        _ = try await TallySystem.output("/bin/sh", ["-c", make])
        let environment = ["TALLY_FAUCET_KEYS": file, "TALLY_LOG_LEVEL": "trace"]
        try await TallySystem.with([], environment, chain: []) { system in
            let distribute = "\(system.url)/distribute?address=\(Self.address)"
            try await eventually("the empty wallet is known", within: .seconds(20)) {
                try await curl(distribute).contains("wallet-insufficient-funds")
            }
            let members = ["-p", "\(system.ports.redis)", "smembers", "tally:{faucet}:senders"]
            let sender = try await TallySystem.output("/usr/bin/redis-cli", members)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            let fund =
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hardhat_setBalance\","
                + "\"params\":[\"\(sender)\",\"0xffffffffffffffffffff\"]}"
            let chain = "http://127.0.0.1:\(try #require(system.ports.chain))"
            _ = try await curl("-H", "Content-Type: application/json", "-d", fund, chain)
            try await eventually("the coins are seen", within: .seconds(20)) {
                try await curl(distribute).contains("Distribution successful")
            }
            try await body(system, file)
        }
    }

    @Test func `the key of the wallet is in no log, no file and no memory but its page`() async throws {
        try await self.withOwnKey { system, key in
            _ = try await Self.load(system, ["--at-once", "50"])
            let found = try await TallySystem.output("/usr/bin/find", [system.directory.path, "-type", "f"])
            let files = found.split(separator: "\n").map(String.init)
            // Logs, Redis's files, the chain's.
            #expect(files.contains { $0.hasSuffix("worker-1.log") } && files.contains { $0.contains("appendonly") })
            let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Peer/scan.py").path
            for (name, expected) in [("worker-1", "mappings=1 files=0\n"), ("instance-1", "mappings=0 files=0\n")] {
                let found = try await TallySystem.output(
                    "/usr/bin/python3",
                    [script, key, "\(try system.pid(name))"] + files
                )
                #expect(found == expected, "\(name)")
            }
        }
    }

    @Test func `an operator pauses, resumes, looks and begins an era, and what is over cannot be cancelled`()
        async throws
    {
        try await TallySystem.with(chain: []) { system in
            let distribute = "\(system.url)/distribute?address=\(Self.address)"
            func tally(_ words: String...) async throws -> (code: Int32, output: String) {
                let redis = ["--redis-url", "redis://127.0.0.1:\(system.ports.redis)/0"]
                return try await TallySystem.run(["faucet"] + words + redis)
            }
            let first = try await curl("\(distribute)&wait=mined")
            let id = try #require(first.firstMatch(of: /"id":"([0-9A-Z]{26})"/)?.1)
            let paused = try await tally("pause")
            #expect(paused.code == 0)
            #expect(try await curl(distribute).contains("faucet-paused"))
            let status = try await tally("status", "--json")
            #expect(status.code == 0 && status.output.contains("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"))
            let resumed = try await tally("resume")
            #expect(resumed.code == 0)
            #expect(try await curl("\(distribute)&wait=mined").contains("\"nonce\":1,"))
            let cancelled = try await tally("cancel", String(id))
            #expect(cancelled.code == 1 && cancelled.output.contains("confirmed"))
            let era = try await tally("era")
            #expect(era.code == 0 && era.output.hasPrefix("era 2, chain 31337, genesis 0x"), "\(era.output)")
            #expect(try await curl("\(distribute)&wait=mined").contains("\"status\":\"mined\""))
            let redis = ["--redis-url", "redis://127.0.0.1:\(system.ports.redis)/0"]
            let log = try await TallySystem.run(["admin", "log"] + redis)
            #expect(log.output.contains(#""action":"faucet.era","object":"all","outcome":"done""#), "\(log.output)")
            let node = "http://127.0.0.1:\(system.ports.chain ?? 0)"
            let settled = try await TallySystem.run(["audit", "faucet", "--settled", "--faucet-rpc", node] + redis)
            #expect(settled.code == 0, "\(settled.output)")
        }
    }

    @Test func `a wallet that others may read is refused at the start`() async throws {
        let folder = try TemporaryFolder("wallet")
        let file = folder.url.appending(path: "key").path
        _ = try await TallySystem.output("/bin/sh", ["-c", "echo 01 > '\(file)'; chmod 644 '\(file)'"])
        let result = try await TallySystem.run(["work", "--faucet-keys", file, "--admin-port", "0"])
        #expect(result.code != 0 && result.output.contains("0644"))
    }
}
