import Foundation
import Support
import Testing

/// The ledger as its users meet it: through nginx, on two instances, with clients that are not ours.
@Suite(.serialized)
struct LedgerTests {
    private static let json = ["-H", "Content-Type: application/json"]

    /// Status and body of one request.
    private func ask(_ arguments: String...) async throws -> (status: String, body: String) {
        try await self.ask(arguments)
    }

    private func ask(_ arguments: [String]) async throws -> (status: String, body: String) {
        let output = try await TallySystem.output(
            "/usr/bin/curl",
            ["-sS", "--max-time", "20", "-w", "\n%{http_code}"] + arguments
        )
        let lines = output.split(separator: "\n", omittingEmptySubsequences: false)
        return (String(lines.last ?? ""), lines.dropLast().joined(separator: "\n"))
    }

    private func add(
        _ system: TallySystem,
        _ user: String,
        _ body: String,
        _ headers: String...
    ) async throws -> (
        status: String, body: String
    ) {
        let output = try await TallySystem.output(
            "/usr/bin/curl",
            ["-sS", "--max-time", "20", "-w", "\n%{http_code}", "-d", body] + Self.json
                + headers.flatMap { ["-H", $0] } + ["\(system.url)/users/\(user)/add"]
        )
        let lines = output.split(separator: "\n", omittingEmptySubsequences: false)
        return (String(lines.last ?? ""), lines.dropLast().joined(separator: "\n"))
    }

    private func redis(_ system: TallySystem, _ arguments: String...) async throws -> String {
        try await TallySystem.output("/usr/bin/redis-cli", ["-p", "\(system.ports.redis)"] + arguments)
    }

    @Test func `the seed's own checks pass`() async throws {
        try await TallySystem.with { system in
            let user = "\(system.url)/users/gopal"
            let added = try await self.add(system, "gopal", "{\"amount\":500}")
            #expect(added.status == "200")
            #expect(added.body.hasPrefix("{\"message\":\"Transaction of $500.00 added for user gopal\","))
            let balance = try await self.ask("\(user)/balance")
            #expect(balance.status == "200")
            #expect(balance.body.hasPrefix("{\"message\":\"User gopal has a balance of $500.00\","))
            let history = try await self.ask("\(user)/history")
            #expect(history.status == "200" && history.body.contains("\"transaction_id\":\"gopal.1\""))
            #expect(try await self.ask("\(user)/add").status == "405")
            #expect(try await self.ask("-X", "PUT", "\(user)/balance").status == "405")
            #expect(try await self.ask("-X", "PATCH", "\(user)/history").status == "405")
            #expect(try await curl("-i", "\(user)/add").contains("Allow: POST"))
            #expect(try await self.add(system, "gopal", "{\"amount\":-500}").status == "400")
            let unknown = try await self.ask("\(system.url)/users/nobody/balance")
            #expect(unknown.status == "200" && unknown.body.contains("\"balance\":\"0.00\""))
            #expect(try await self.ask("\(system.url)/users/nobody/history").status == "200")
        }
    }

    @Test func `what is wrong with a request is said, and nothing changes`() async throws {
        try await TallySystem.with { system in
            for (body, slug) in [
                ("{\"amount\":0}", "amount-invalid"), ("{\"amount\":1e2}", "amount-invalid"),
                ("{\"amount\":1.005}", "amount-invalid"), ("{\"amount\":\"5 \"}", "amount-invalid"),
                ("{\"amount\":null}", "amount-invalid"), ("{}", "amount-invalid"),
                ("{\"amount\":-0}", "amount-invalid"),
                ("{\"amount\":9007199254740993}", "amount-out-of-range"),
                ("{\"amount\":1,\"amount\":2}", "malformed-json"),
                ("{\"amount\":1,\"x\":2}", "malformed-json"), ("{\"amount\":NaN}", "malformed-json"),
                ("[]", "malformed-json"),
                ("{\"amount\":1,\"reference\":\"\"}", "reference-invalid"),
                ("{\"amount\":1,\"reference\":\"a b\"}", "reference-invalid"),
            ] {
                let answer = try await self.add(system, "gopal", body)
                #expect(answer.status == "400" && answer.body.contains("/problems/\(slug)\""), "\(body): \(answer)")
            }
            for user in ["a.b", "a%20b", "%7Bx%7D", "a:b", String(repeating: "x", count: 65), "%F0%9F%98%80"] {
                #expect(try await self.add(system, user, "{\"amount\":1}").body.contains("user-invalid"), "\(user)")
            }
            #expect(
                try await self.add(system, "gopal", "{\"amount\":1}", "Idempotency-Key: a b").body.contains(
                    "idempotency-key-invalid"
                )
            )
            #expect(
                try await self.add(system, "gopal", "{\"amount\":1}", "If-Match: gopal").body.contains(
                    "precondition-invalid"
                )
            )
            #expect(try await self.add(system, "gopal", "{\"amount\":1}", "Content-Type: text/plain").status == "415")
            #expect(
                try await self.redis(system, "KEYS", "*account*").trimmingCharacters(in: .whitespacesAndNewlines)
                    .isEmpty
            )
            for query in ["page=0", "page=-1", "page=x", "page=9223372036854775808", "page=", "page=100000001"] {
                #expect(
                    try await self.ask("\(system.url)/users/gopal/history?\(query)").body.contains("page-invalid"),
                    "\(query)"
                )
            }
            for query in ["as_of=1", "cursor=0", "cursor=1&page=1", "x=1", "as_of=-1"] {
                #expect(
                    try await self.ask("\(system.url)/users/gopal/history?\(query)").body.contains("parameter-invalid"),
                    "\(query)"
                )
            }
        }
    }

    @Test func `pages stay where they are while adds arrive, and a statement is whole`() async throws {
        try await TallySystem.with { system in
            for number in 1...25 { _ = try await self.add(system, "gopal", "{\"amount\":\(number)}") }
            struct Page: Decodable {
                struct Transaction: Decodable { let sequence: Int }
                let total: Int
                let transactions: [Transaction]
                let next: String?
            }
            func page(_ path: String) async throws -> Page {
                try JSONDecoder().decode(Page.self, from: Data(try await curl("\(system.url)\(path)").utf8))
            }
            for start in ["/users/gopal/history", "/users/gopal/history?cursor=26"] {
                var seen: [Int] = []
                var path: String? = start
                while let here = path {
                    let page = try await page(here)
                    seen += page.transactions.map(\.sequence)
                    path = page.next
                    _ = try await self.add(system, "gopal", "{\"amount\":1}")
                }
                #expect(Array(seen.prefix { $0 > 0 }.filter { $0 <= 25 }) == Array((1...25).reversed()))
                #expect(seen == seen.sorted(by: >) && Set(seen).count == seen.count)
            }
            let past = try await page("/users/gopal/history?page=9999")
            #expect(past.transactions.isEmpty && past.next == nil)
            let csv = try await curl(
                "\(system.url)/users/gopal/statement?from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z"
            )
            let lines = csv.split(whereSeparator: \.isNewline)
            #expect(lines.count == Int(past.total) + 3)
            #expect(lines[1].hasPrefix("opening,0,") && lines.last?.hasPrefix("closing,\(past.total),") ?? false)
            let before = try await curl("\(system.url)/users/gopal/statement?to=2020-01-01T00:00:00Z&format=ndjson")
            #expect(before.split(separator: "\n").count == 2)
        }
    }

    @Test func `conditions, keys and durability travel through nginx`() async throws {
        try await TallySystem.with { system in
            let url = "\(system.url)/users/gopal"
            let first = try await curl(
                "-i",
                "-d",
                "{\"amount\":5}",
                Self.json[0],
                Self.json[1],
                "-H",
                "Idempotency-Key: k",
                "-H",
                "Prefer: durability=local",
                "\(url)/add"
            )
            #expect(first.contains("ETag: \"gopal@1\"") && first.contains("Durability: local"))
            #expect(first.contains("Preference-Applied: durability=local") && !first.contains("Idempotent-Replayed"))
            let again = try await curl(
                "-i",
                "-d",
                "{\"amount\":\"5.00\"}",
                Self.json[0],
                Self.json[1],
                "-H",
                "Idempotency-Key: \"k\"",
                "\(url)/add"
            )
            #expect(again.contains("Idempotent-Replayed: true"))
            let bodies = [first, again].map { $0.components(separatedBy: "\r\n\r\n").last }
            #expect(bodies[0] == bodies[1])
            #expect(try await self.add(system, "gopal", "{\"amount\":6}", "Idempotency-Key: k").status == "422")
            #expect(try await self.add(system, "gopal", "{\"amount\":6}", "If-Match: \"gopal@7\"").status == "412")
            #expect(try await self.add(system, "gopal", "{\"amount\":6}", "If-Match: \"gopal@1\"").status == "200")
            try await self.refuseWhatIsNotKnown(system)
            #expect(try await self.ask("-H", "If-None-Match: \"gopal@2\"", "\(url)/balance").status == "304")
            #expect(try await self.ask("-H", "If-None-Match: \"gopal@1\"", "\(url)/balance").status == "200")
            #expect(try await self.ask("\(system.url)/idempotency/k").body.contains("\"state\":\"done\""))
            #expect(try await self.ask("\(system.url)/idempotency/never").body.contains("\"state\":\"unseen\""))
            // No replica here: it happens, and is not promised.
            let replicated = try await self.add(
                system,
                "gopal",
                "{\"amount\":1}",
                "Prefer: durability=replicated",
                "Idempotency-Key: r"
            )
            #expect(replicated.status == "503" && replicated.body.contains("applied-not-durable"))
            #expect(try await self.add(system, "gopal", "{\"amount\":1}", "Idempotency-Key: r").status == "200")
            #expect(try await self.ask("\(url)/balance").body.contains("\"balance\":\"12.00\""))
        }
    }

    /// Of gopal, whose account has two entries.
    private func refuseWhatIsNotKnown(_ system: TallySystem) async throws {
        let url = "\(system.url)/users/gopal"
        for tags in ["*", "\"gopal@2\"", "W/\"gopal@2\"", "\"gopal@9\", \"gopal@2\""] {
            let refused = try await self.add(system, "gopal", "{\"amount\":6}", "If-None-Match: \(tags)")
            #expect(refused.status == "412" && refused.body.contains("/problems/precondition-failed"), "\(tags)")
        }
        for condition in ["If-Unmodified-Since: Tue, 01 Dec 2026 00:00:00 GMT", "If-Range: \"gopal@2\""] {
            let refused = try await self.add(system, "gopal", "{\"amount\":6}", condition)
            #expect(refused.status == "400" && refused.body.contains("/problems/precondition-unsupported"))
        }
        #expect(try await self.add(system, "gopal", "{\"amount\":6}", "Sec-Purpose: prefetch").status == "403")
        #expect(try await self.add(system, "asha", "{\"amount\":6}", "If-None-Match: *").status == "200")
        for query in ["dry_run=true", "bad=%zz", "amount=1&amount=1"] {
            let refused = try await self.ask(["-d", "{\"amount\":6}"] + Self.json + ["\(url)/add?\(query)"])
            #expect(refused.status == "400" && refused.body.contains("parameter"), "\(query): \(refused)")
        }
        // Only names of this machine are answered, and HTTP/1.0 may leave the name out.
        let other = try await self.ask("-H", "Host: evil.example", "\(url)/balance")
        #expect(other.status == "400" && other.body.contains("/problems/host-invalid"))
        #expect(try await self.ask("--http1.0", "-H", "Host:", "\(url)/balance").status == "200")
        // A time of an answer is one for a question, as JavaScript writes it.
        let balance = try await self.ask("\(url)/history").body
        let created = try #require(balance.firstMatch(of: #/"created_at":"([^"]+)"/#)?.1)
        let statement = try await self.ask("\(url)/statement?from=\(created)&format=ndjson")
        #expect(statement.status == "200" && statement.body.contains("\"gopal.2\""), "\(statement)")
    }

    @Test func `an add on a held account waits, is 202 after its time, and happens once`() async throws {
        try await TallySystem.with([], ["TALLY_LEDGER_QUEUE_WAIT_SECONDS": "1"]) { system in
            _ = try await self.add(system, "gopal", "{\"amount\":1}")
            let keys = try await self.redis(system, "KEYS", "tally:*:account:gopal/USD")
            let lock = keys.trimmingCharacters(in: .whitespacesAndNewlines).replacing(":account:", with: ":lock:")
            _ = try await self.redis(system, "SET", lock, "payment:1", "PX", "8000")
            async let first = self.add(system, "gopal", "{\"amount\":2}", "Idempotency-Key: k")
            try await eventually {
                try await self.ask("\(system.url)/idempotency/k").body.contains("\"state\":\"running\"")
            }
            let waiting = try await first
            #expect(waiting.status == "202" && waiting.body.contains("\"status\":\"queued\""), "\(waiting)")
            let place = try #require(waiting.body.firstMatch(of: /\/transactions\/[A-Za-z0-9.]+/)).output
            #expect(try await self.ask("\(system.url)\(place)").body.contains("\"status\":\"queued\""))
            // The worker carries it out when the lease has ended; nobody asks for it.
            try await eventually { try await self.ask("\(system.url)\(place)").body.contains("\"status\":\"done\"") }
            let again = try await self.add(system, "gopal", "{\"amount\":2}", "Idempotency-Key: k")
            #expect(again.status == "202" && again.body == waiting.body)
            #expect(try await self.ask("\(system.url)/users/gopal/balance").body.contains("\"balance\":\"3.00\""))
        }
    }

    /// Eight requests reach both instances while Redis stands still; then one instance dies.
    private func killMidRequest(_ system: TallySystem, hasKeys: Bool) async throws -> [String] {
        try system.kill("redis", SIGSTOP)
        return try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let header = hasKeys ? "Idempotency-Key: key-\(number)" : "X-Other: 1"
                    return try await self.add(system, hasKeys ? "keyed" : "bare", "{\"amount\":1}", header).status
                }
            }
            try await eventually("requests are under way on both instances") {
                for port in system.ports.admin.prefix(2) {
                    let metrics = try await curl("http://127.0.0.1:\(port)/metrics")
                    let counts = metrics.split(separator: "\n").filter { $0.hasPrefix("redis_in_flight_commands") }
                        .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
                    guard counts.reduce(0, +) >= 4 else { return false }
                }
                return true
            }
            try system.kill("instance-1")
            try await Task.sleep(for: .milliseconds(100))
            try system.kill("redis", SIGCONT)
            return try await group.reduce(into: [String]()) { $0.append($1) }
        }
    }

    @Test func `a request with a key is repeated on the next instance, one without is not`() async throws {
        try await TallySystem.with([], ["TALLY_REDIS_COMMAND_DEADLINE_SECONDS": "4.5"]) { system in
            let keyed = try await self.killMidRequest(system, hasKeys: true)
            #expect(keyed == [String](repeating: "200", count: 8))
            #expect(try await self.ask("\(system.url)/users/keyed/balance").body.contains("\"sequence\":8}"))
            try await eventually(within: .seconds(20)) {
                try await curl("http://127.0.0.1:\(system.ports.admin[0])/readyz") == "ok\n"
            }
            let bare = try await self.killMidRequest(system, hasKeys: false)
            let refused = bare.filter { $0 == "503" }.count
            #expect(refused >= 1 && bare.filter { $0 == "200" }.count == 8 - refused, "\(bare)")
        }
    }

    @Test func `nothing acknowledged is lost or doubled while everything is killed in turn and one is paused`()
        async throws
    {
        try await TallySystem.with { system in
            let load = try Program(
                TallySystem.executable,
                [
                    "load", "ledger", "--url", system.url, "--behind-proxy", "--users", "40", "--rate", "250",
                    "--seconds", "\(Round.long(14))", "--connections", "24", "--repeat-share", "0.1", "--json",
                ]
            )
            let victims = ["instance-1", "redis", "worker-1", "redis", "instance-1"]
            var random = Round.seed.random
            for round in 0..<Round.long(victims.count) {
                try await Task.sleep(for: .milliseconds(1500 + Int(random.next() % 1500)))
                // Stopped for some 10 s: it comes back in the middle of everything.
                if round % 5 == 0 { try system.kill("instance-2", SIGSTOP) }
                if round % 5 == 4 { try system.kill("instance-2", SIGCONT) }
                // A process that is being started again is not there to be killed.
                if let pid = try? system.pid(victims[round % victims.count]) { kill(pid, SIGKILL) }
            }
            try await load.end(within: .seconds(200))
            #expect(load.exitCode == 0, "\(load.output.suffix(3000))")
            let audit = try await TallySystem.run([
                "audit", "ledger", "--redis-url", "redis://127.0.0.1:\(system.ports.redis)/0",
            ])
            #expect(audit.code == 0, "\(audit.output.suffix(3000))")
        }
    }
}
