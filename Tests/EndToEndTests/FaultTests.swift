import Foundation
import Support
import Synchronization
import Testing

/// The bar of exactness: whatever dies, the sum of the reported counts is the number of acknowledged pairs.
@Suite(.serialized)
struct FaultTests {
    @Test func `counts are exact over window borders while instances and Redis are killed`() async throws {
        let sink = try ReportSink()
        defer { sink.stop() }
        let environment = [
            "TALLY_UNIQUES_WINDOW_SECONDS": "3", "TALLY_UNIQUES_GRACE_SECONDS": "0.5",
            "TALLY_UNIQUES_REPORT_ENDPOINTS": "http://127.0.0.1:\(sink.port)/report",
            "TALLY_OUTBOX_FIRST_BACKOFF_SECONDS": "0.2",
        ]
        try await TallySystem.with([], environment) { system in
            let load = try Program(
                TallySystem.executable,
                [
                    "load", "accept", "--url", system.url, "--rate", "400", "--seconds", "\(Round.long(14))",
                    "--connections", "16",
                    "--ids", "300", "--retry", "--json",
                ]
            )
            let victims = ["instance-1", "redis", "worker-1", "instance-2", "redis"]
            var random = Round.seed.random
            for round in 0..<Round.long(victims.count) {
                try await Task.sleep(for: .milliseconds(1800 + Int(random.next() % 1000)))
                // A process that is being started again is not there to be killed.
                if let pid = try? system.pid(victims[round % victims.count]) { Foundation.kill(pid, SIGKILL) }
            }
            try await load.end(within: .seconds(120))
            #expect(load.exitCode == 0, "\(load.output)")
            try await self.checkPublished(system, sink)
        }
    }

    /// Stream, log and reports tell the same counts: the stream once, the log once, the reports at least once.
    private func checkPublished(_ system: TallySystem, _ sink: ReportSink) async throws {
        let entries = try await TallySystem.output(
            "/usr/bin/redis-cli",
            ["-p", "\(system.ports.redis)", "--json", "XRANGE", "tally:uniques:counts", "-", "+"]
        )
        let rows = try #require(try JSONSerialization.jsonObject(with: Data(entries.utf8)) as? [[Any]])
        var counts: [String: Int] = [:]
        for row in rows {
            let fields = try #require(row[1] as? [String])
            #expect(counts.updateValue(try #require(Int(fields[3])), forKey: fields[1]) == nil)
        }
        #expect(counts.count >= 4)
        try await eventually(within: .seconds(30)) { Set(sink.reports.map(\.minute)).isSuperset(of: counts.keys) }
        for report in sink.reports where counts[report.minute] != nil {
            #expect(report.count == counts[report.minute])
        }
        let keys = Dictionary(grouping: sink.reports, by: \.minute).mapValues { Set($0.map(\.key)).count }
        #expect(keys.values.allSatisfy { $0 == 1 })
        let firsts = sink.reports.map(\.minute).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        #expect(firsts == firsts.sorted())
        let lines = try system.log("worker-1").split(separator: "\n")
            .filter { $0.contains("Unique request count in the last minute: ") }
        for (minute, count) in counts {
            let matching = lines.filter { $0.contains("\"\(minute)\"") && $0.contains("last minute: \(count)\"") }
            #expect(matching.count == 1, "\(minute) is logged \(matching.count) times")
        }
    }

    @Test func `an instance whose clock is wrong counts in Redis's minute`() async throws {
        let libraries = ["/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"]
        let library = try #require(libraries.first { FileManager.default.fileExists(atPath: $0) })
        try await TallySystem.with { system in
            let port = try freePort()
            let admin = try freePort()
            let wrong = try Program(
                TallySystem.executable,
                ["serve"],
                environment: [
                    "LD_PRELOAD": library, "FAKETIME": "+3h", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                    "TALLY_PORT": "\(port)", "TALLY_ADMIN_PORT": "\(admin)",
                    "TALLY_REDIS_URL": "redis://127.0.0.1:\(system.ports.redis)/0",
                ]
            )
            try await eventually(within: .seconds(30)) {
                guard wrong.isRunning else { throw TallySystem.Failure(description: wrong.output) }
                return try await curl("http://127.0.0.1:\(admin)/readyz") == "ok\n"
            }
            try await eventually(within: .seconds(70)) {
                let right = try await curl("-i", "\(system.url)/api/verve/accept?id=77")
                let other = try await curl("-i", "http://127.0.0.1:\(port)/api/verve/accept?id=77")
                // Not when the minute turns just between the two.
                guard Self.minute(right) == Self.minute(other) else { return false }
                #expect(other.lowercased().contains("x-unique: 0"))
                return true
            }
            await wrong.stop()
            #expect(wrong.exitCode == 0, "\(wrong.output)")
        }
    }

    private static func minute(_ answer: String) -> String? {
        answer.lowercased().split(separator: "\r\n").first { $0.hasPrefix("x-unique-minute: ") }.map(String.init)
    }
}

/// An endpoint for reports that fails every third time.
final class ReportSink: Sendable {
    struct Report: Sendable {
        let minute: String
        let count: Int
        let key: String
    }

    let port: Int
    private let program: Program

    init() throws {
        self.port = try freePort()
        let script = """
            import http.server, json, sys
            class H(http.server.BaseHTTPRequestHandler):
                n = 0
                def do_POST(self):
                    body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                    H.n += 1
                    ok = H.n % 3 != 0
                    key = self.headers["idempotency-key"]
                    if ok: print("REPORT", body["minute"], body["unique_count"], key, flush=True)
                    self.send_response(200 if ok else 503); self.send_header("content-length", "0"); self.end_headers()
                def log_message(self, *a): pass
            http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), H).serve_forever()
            """
        self.program = try Program("/usr/bin/env", ["python3", "-c", script, "\(self.port)"])
    }

    /// The reports that were delivered, in the order of delivery.
    var reports: [Report] {
        self.program.output.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 4, words[0] == "REPORT", let count = Int(words[2]) else { return nil }
            return Report(minute: words[1], count: count, key: words[3])
        }
    }

    func stop() { kill(self.program.pid, SIGTERM) }
}
