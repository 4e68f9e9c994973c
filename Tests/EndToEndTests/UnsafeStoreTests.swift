import Foundation
import Support
import Testing

/// Instances in front of a Redis that does not keep what it is told.
struct UnsafeStoreTests {
    private func withInstance(
        _ environment: [String: String],
        _ options: RedisServer.Options = RedisServer.Options(),
        _ body: (_ url: String, _ admin: String, _ server: RedisServer) async throws -> Void
    ) async throws {
        let server = try RedisServer(options)
        defer { server.kill() }
        let (port, admin) = (try freePort(), try freePort())
        let instance = try Program(
            TallySystem.executable,
            ["serve"],
            environment: environment.merging([
                "TALLY_PORT": "\(port)", "TALLY_ADMIN_PORT": "\(admin)", "TALLY_REDIS_URL": server.url,
                "TALLY_DRAIN_DELAY_SECONDS": "0",
            ]) { $1 }
        )
        do {
            try await eventually(within: .seconds(30)) {
                guard instance.isRunning else { throw TallySystem.Failure(description: instance.output) }
                return try await curl("http://127.0.0.1:\(admin)/readyz") == "ok\n"
            }
            try await body("http://127.0.0.1:\(port)", "http://127.0.0.1:\(admin)", server)
        } catch {
            await instance.stop()
            throw error
        }
        await instance.stop()
    }

    private func add(_ url: String, _ headers: String...) async throws -> String {
        try await TallySystem.output(
            "/usr/bin/curl",
            ["-sS", "-i", "--max-time", "10", "-H", "Content-Type: application/json", "-d", "{\"amount\":1}"]
                + headers.flatMap { ["-H", $0] } + ["\(url)/users/gopal/add"]
        )
    }

    @Test func `money is refused, the rest goes on, and readiness says why`() async throws {
        try await self.withInstance([:]) { url, admin, _ in
            // The hot way and the router's.
            for headers in ["X-Other: 1", "Prefer: durability=local"] {
                let answer = try await self.add(url, headers)
                #expect(answer.hasPrefix("HTTP/1.1 503") && answer.contains("/problems/store-unsafe"), "\(answer)")
                #expect(answer.lowercased().contains("retry-after: "))
            }
            #expect(try await curl("\(url)/users/gopal/balance").contains("\"sequence\":0}"))
            #expect(try await curl("\(url)/api/verve/accept?id=1") == "ok")
            let verbose = try await curl("\(admin)/readyz?verbose")
            #expect(verbose.contains("[+]money degraded: appendonly is no and should be yes"), "\(verbose)")
        }
    }

    @Test func `a setting serves it all the same`() async throws {
        try await self.withInstance(["TALLY_MONEY_UNSAFE_STORE": "serve"]) { url, admin, _ in
            for headers in ["X-Other: 1", "Prefer: durability=local"] {
                let answer = try await self.add(url, headers)
                #expect(answer.hasPrefix("HTTP/1.1 200"), "\(answer)")
            }
            #expect(try await curl("\(admin)/readyz?verbose").contains("served all the same"))
        }
    }

    @Test func `without Redis every add is answered 503 and none waits for ever`() async throws {
        var options = RedisServer.Options()
        options.appendOnly = true
        try await self.withInstance([:], options) { url, _, server in
            #expect(try await self.add(url, "Idempotency-Key: k").contains("HTTP/1.1 200"))
            server.kill()
            for _ in 0..<3 {
                for headers in ["Idempotency-Key: l", "Prefer: durability=local"] {
                    let answer = try await self.add(url, headers)
                    #expect(answer.hasPrefix("HTTP/1.1 503"), "\(answer)")
                    #expect(answer.contains("/problems/dependency-unavailable"), "\(answer)")
                }
            }
            try server.start()
            try await eventually {
                try await self.add(url, "Idempotency-Key: k").contains("\r\nIdempotent-Replayed: true")
            }
            #expect(try await self.add(url, "Idempotency-Key: l").contains("\"sequence\":2,"))
        }
    }

    @Test func `an instance that may not serve what it is asked to does not start`() async throws {
        for (name, value, setting) in [
            ("TALLY_LEDGER_CURRENCY", "usd", "ledger.currency"),
            ("TALLY_LEDGER_QUEUE_WAIT_SECONDS", "9", "ledger.queueWaitSeconds"),
            ("TALLY_MONEY_DURABILITY", "all", "money.durability"),
        ] {
            let ended = try await TallySystem.run(["serve"], [name: value])
            #expect(ended.code != 0 && ended.output.contains(setting), "\(name): \(ended.output)")
        }
    }
}
