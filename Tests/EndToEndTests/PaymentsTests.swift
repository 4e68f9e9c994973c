import Foundation
import Support
import Testing

/// Payments as their users have them: through nginx, with workers that die, stop and come back.
struct PaymentsTests {
    private func post(_ url: String, _ body: String, key: String? = nil) async throws -> String {
        let header = key.map { "Idempotency-Key: \($0)" } ?? "X-None: 1"
        return try await TallySystem.output(
            "/usr/bin/curl",
            [
                "-sS", "--max-time", "10", "-X", "POST", "-H", "Content-Type: application/json", "-H", header, "-d",
                body, url,
            ]
        )
    }

    private func member(_ name: String, of json: String) throws -> String {
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        return try #require(object[name] as? String, "\(json)")
    }

    @Test func `a payment is made, watched, reversed and listed through nginx`() async throws {
        try await TallySystem.with(["--workers", "2"]) { system in
            let pay = "\(system.url)/payments"
            _ = try await self.post("\(system.url)/users/alice/add", "{\"amount\":100}")
            let events = try Program(
                "/usr/bin/curl",
                ["-sSN", "--max-time", "30", "\(system.url)/users/bob/events"]
            )
            try await eventually("the stream has begun") { events.output.contains(": payments") }
            let body = "{\"from_account\":\"alice\",\"to_account\":\"bob\",\"amount\":\"99.01\",\"description\":\"d\"}"
            let first = try await self.post(pay, body, key: "k")
            #expect(try await self.post(pay, body, key: "k") == first)
            let id = try self.member("id", of: first)
            #expect(try self.member("status", of: try await curl("\(pay)/\(id)?wait=10")) == "done")
            try await eventually("bob is told") { events.output.contains("\"status\":\"done\"") }
            await events.stop()

            // Nothing more to tell: a browser that comes back is sent away.
            let stream = try await curl("\(pay)/\(id)/events")
            let last = try #require(stream.split(separator: "\n").first { $0.hasPrefix("id: ") }).dropFirst(4)
            let again = try await curl(
                "-o",
                "/dev/null",
                "-w",
                "%{http_code}",
                "-H",
                "Last-Event-ID: \(last)",
                "\(pay)/\(id)/events"
            )
            #expect(again == "204")

            let reversal = try self.member("id", of: try await self.post("\(pay)/\(id)/reverse", ""))
            #expect(try self.member("status", of: try await curl("\(pay)/\(reversal)?wait=10")) == "done")
            #expect(try await self.post("\(pay)/\(id)/reverse", "").contains("payment-already-reversed"))
            #expect(try await curl("\(system.url)/users/alice/balance").contains("\"balance\":\"100.00\""))
            let list = try await curl("\(system.url)/users/alice/payments?limit=1")
            #expect(list.contains(reversal) && list.contains("\"next\":\"/users/alice/payments?limit=1"))

            // A wait that is longer than any request may take otherwise.
            let transfer = "{\"from_account\":\"alice\",\"to_account\":\"bob\",\"amount\":1,\"not_before\":"
            let waits = try await self.post(pay, transfer + "\"2099-01-01T00:00:00Z\"}")
            #expect(waits.contains("not-before-invalid"))
            let soon = try await TallySystem.output("/bin/date", ["-u", "-d", "+9 seconds", "+%Y-%m-%dT%H:%M:%SZ"])
            let later = try await self.post(pay, transfer + "\"\(soon.dropLast())\"}")
            let done = try await TallySystem.output(
                "/usr/bin/curl",
                ["-sS", "--max-time", "40", "\(pay)/\(try self.member("id", of: later))?wait=30"]
            )
            #expect(try self.member("status", of: done) == "done")
        }
    }

    @Test func `a mode of the version before is carried out as the one of today, and each process says so once`()
        async throws
    {
        try await TallySystem.with(["--workers", "1", "--payments-steps", "one-script"]) { system in
            _ = try await self.post("\(system.url)/users/alice/add", "{\"amount\":1}")
            let body = "{\"from_account\":\"alice\",\"to_account\":\"bob\",\"amount\":1}"
            let id = try self.member("id", of: try await self.post("\(system.url)/payments", body))
            let done = try await curl("\(system.url)/payments/\(id)?wait=10")
            #expect(try self.member("status", of: done) == "done")
            for name in ["instance-1", "instance-2", "worker-1"] {
                let lines = try system.log(name).split(separator: "\n").filter { $0.contains("version before") }
                #expect(lines.count == 1, "\(name): \(lines)")
                #expect(lines.allSatisfy { $0.contains("one-script") && $0.contains("whole") })
            }
        }
    }

    /// Runs a load while `harm` does what it wants, and then compares everything.
    private func expectExact(
        _ system: TallySystem,
        rate: Int,
        seconds: Int,
        pattern: String = "mixed",
        _ harm: () async throws -> Void
    ) async throws {
        let load = try Program(
            TallySystem.executable,
            [
                "load", "payments", "--url", system.url, "--behind-proxy", "--accounts", "30", "--rate", "\(rate)",
                "--seconds", "\(seconds)", "--connections", "24", "--repeat-share", "0.1", "--pattern", pattern,
                "--no-audit", "--json", "--settle-wait", "\(Patience.seconds(120))",
            ]
        )
        try await harm()
        try await load.end(within: .seconds(200 + 2 * seconds))
        #expect(load.exitCode == 0, "\(load.output.suffix(3000))")
        let redis = "redis://127.0.0.1:\(system.ports.redis)/0"
        try await eventually("nothing is left to do", within: .seconds(30)) {
            try await TallySystem.run(["audit", "payments", "--settled", "--redis-url", redis]).code == 0
        }
    }

    private func metric(_ system: TallySystem, _ prefix: String) async throws -> Double {
        var sum = 0.0
        for port in system.ports.admin {
            let text = (try? await curl("http://127.0.0.1:\(port)/metrics")) ?? ""
            for line in text.split(separator: "\n") where line.hasPrefix(prefix) {
                sum += line.split(separator: " ").last.flatMap { Double($0) } ?? 0
            }
        }
        return sum
    }

    @Test(arguments: ["whole", "split"])
    func `no cent is lost or doubled while workers are killed every half second and Redis now and then`(
        steps: String
    ) async throws {
        let environment = ["TALLY_PAYMENTS_LEASE_SECONDS": "1", "TALLY_PAYMENTS_STEPS": steps]
        try await TallySystem.with(["--workers", "2"], environment) { system in
            let seconds = Round.long(9)
            var random = Round.seed.random
            try await self.expectExact(system, rate: 80, seconds: seconds) {
                for round in 0..<(2 * seconds) {
                    try await Task.sleep(for: .milliseconds(400 + Int(random.next() % 200)))
                    // A process that is being started again is not there to be killed.
                    if let pid = try? system.pid("worker-\(round % 2 + 1)") { Foundation.kill(pid, SIGKILL) }
                    if round % 12 == 8, let pid = try? system.pid("redis") { Foundation.kill(pid, SIGKILL) }
                    if round % 12 == 11, let pid = try? system.pid("instance-1") { Foundation.kill(pid, SIGKILL) }
                }
            }
        }
    }

    @Test func `no cent is lost or doubled by workers that are stopped for several leases`() async throws {
        let environment = [
            "TALLY_PAYMENTS_LEASE_SECONDS": "0.3", "TALLY_PAYMENTS_STEPS": "split",
            // Between the locks and the money, so that a stop falls there.
            "TALLY_TEST_FAILPOINTS": "payments.debit.before=sleep:4",
        ]
        try await TallySystem.with(["--workers", "2"], environment) { system in
            try await self.expectExact(system, rate: 100, seconds: Round.long(12)) {
                var seed = Round.seed.random
                for round in 0..<Round.long(12) {
                    try await Task.sleep(for: .milliseconds(200))
                    let name = "worker-\(round % 2 + 1)"
                    try system.kill(name, SIGSTOP)
                    // 0.5 to 4 leases.
                    try await Task.sleep(for: .milliseconds(150 + Int(seed.next() % 1050)))
                    try system.kill(name, SIGCONT)
                }
            }
            let fenced = try await self.metric(system, "tally_fenced_writes_total{role=\"payments_")
            #expect(fenced > 0, "no worker was ever fenced: the test has proved nothing")
        }
    }

    /// Three deaths behind each step, over all processes: one that always died there would never get past it.
    ///
    /// The rare steps are those that a quick run may not need.
    private func withDeaths(
        _ steps: String,
        behind passes: [(step: String, pass: Int)],
        maybe rare: [(step: String, pass: Int)] = [],
        _ body: (TallySystem) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tally-deaths-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let points = (passes + rare).flatMap { step, pass in
            (1...3).map { "payments.\(step).after=kill:\(folder.path)/\(step)-\($0)@\(pass)" }
        }
        let environment = [
            "TALLY_PAYMENTS_LEASE_SECONDS": "0.5", "TALLY_PAYMENTS_STEPS": steps,
            "TALLY_TEST_FAILPOINTS": points.joined(separator: ","),
        ]
        try await TallySystem.with(["--workers", "2"], environment, body)
        for step in passes.map(\.step) {
            let hasDied = FileManager.default.fileExists(atPath: "\(folder.path)/\(step)-1")
            #expect(hasDied, "\(steps): nobody died behind \(step): the test has proved nothing")
        }
    }

    @Test func `no cent is lost or doubled by processes that die behind each step`() async throws {
        let steps = [("accept", 40), ("once", 50)]
        try await self.withDeaths("whole", behind: steps, maybe: [("look", 1)]) {
            try await self.expectExact($0, rate: 60, seconds: 12) {}
        }
    }

    @Test func `no cent is lost or doubled by processes that die between the steps of a split payment`() async throws {
        let names = [
            "claim", "settle", "join_from", "take_from", "take_to", "hold", "debit", "credit", "final", "release_to",
        ]
        try await self.withDeaths("split", behind: names.enumerated().map { ($1, 6 + $0 * 2) }) {
            try await self.expectExact($0, rate: 40, seconds: 12) {}
        }
    }
}
