import Foundation
import Support
import Testing

/// Requests that nobody should send, at the accept route, straight to an instance and through nginx.
@Suite(.serialized)
struct AbuseTests {
    private static let badQueries = [
        "", "?", "?id", "?id=", "?id=abc", "?id=1.0", "?id=+1", "?id=%2B1", "?id=1e3", "?id=0x1", "?id=%201",
        "?id=1%20",
        "?id=9223372036854775808", "?id=-9223372036854775809", "?id=1&id=1", "?id=1&id=2", "?id=%31&%69d=2",
        "?id=%EF%BC%91", "?id=%00", "?id=1%00", "?id=1%0d%0aX:y", "?id=%ff", "?id=%", "?id=%zz", "?ID=1", "?x=1",
        "?x=1&id=5",
        "?id=5&x", "?id=5&endpoint=http://example.com/&endpoint=http://example.com/", "?id=5&x=%zz",
        "?id=" + String(repeating: "9", count: 1900),
    ]

    private static let goodQueries = [
        "?id=0", "?id=-1", "?id=007", "?id=9223372036854775807", "?id=-9223372036854775808", "?id=%31",
        "?id=5&", "?&id=5",
    ]

    private static let insideEndpoints = [
        "http://127.0.0.1/", "http://0/", "http://127.1/", "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/",
        "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/",
        "http://[fd00::1]/", "http://169.254.169.254/", "http://100.64.0.1/", "http://0.0.0.0/", "http://10.0.0.1/",
        "http://192.168.1.1/", "http://172.16.0.1/", "http://localhost/", "http://LOCALHOST./",
        "http://user@example.com/",
        "http://user:pw@example.com/", "example.com:6379", "file:///etc/passwd", "gopher://example.com/",
        "//example.com/",
        "#", "http://", "http:///x", "http://example.com:0/", "http://example.com:70000/", "http://exa mple.com/",
        "http://example.com\\@127.0.0.1/", "http://127。0。0。1/", "http://①②⑦.⓪.⓪.①/", "javascript:alert(1)", "",
    ]

    private func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    @Test func `a bad id or endpoint is 400 failed, and no other answer but a good one is given`() async throws {
        try await TallySystem.with { system in
            for base in [system.url, "http://127.0.0.1:\(system.ports.instances[0])"] {
                let path = base + "/api/verve/accept"
                let endpoints = Self.insideEndpoints.map { "?id=1&endpoint=" + self.encoded($0) }
                for query in Self.badQueries + endpoints {
                    let answer = try await curl("-g", "-w", " %{http_code} %{content_type}", path + query)
                    #expect(answer == "failed 400 text/plain; charset=utf-8", "\(query)")
                }
                for query in Self.goodQueries {
                    #expect(try await curl("-g", "-w", " %{http_code}", path + query) == "ok 200", "\(query)")
                }
                try await self.checkMethods(path)
            }
        }
    }

    private func checkMethods(_ path: String) async throws {
        for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            let answer = try await curl("-i", "-X", method, path + "?id=1")
            #expect(answer.hasPrefix("HTTP/1.1 405"), "\(method)")
            #expect(answer.lowercased().contains("allow: get, head"), "\(method)")
        }
        let head = try await curl("-I", path + "?id=1")
        #expect(head.hasPrefix("HTTP/1.1 200"))
        #expect(head.lowercased().contains("content-length: 2\r\n"))
        let body = try await curl("-X", "GET", "-d", "abc", path + "?id=1")
        #expect(body == "ok")
        #expect(try await curl("-0", path + "?id=1") == "ok")
        #expect(try await curl("-H", "Connection: close", path + "?id=1") == "ok")
        #expect(try await curl("--http2", path + "?id=1") == "ok")
        #expect(try await curl("-o", "/dev/null", "-w", "%{http_code}", path + "/?id=1") == "404")
        #expect(try await curl("-A", String(repeating: "%0a\\x1b", count: 700), path + "?id=1") == "ok")
    }

    @Test func `without Redis the answer is 503 failed within the deadline, and nothing is a 500`() async throws {
        try await TallySystem.with { system in
            #expect(try await curl("\(system.url)/api/verve/accept?id=1") == "ok")
            try system.kill("redis", SIGSTOP)
            let port = system.ports.instances[0]
            for base in [system.url, "http://127.0.0.1:\(port)"] {
                let answer = try await curl("-i", "\(base)/api/verve/accept?id=2")
                #expect(answer.hasPrefix("HTTP/1.1 503"))
                #expect(answer.lowercased().contains("retry-after: "))
                #expect(answer.hasSuffix("\r\n\r\nfailed"))
                let list = try await curl("-i", "\(base)/api/uniques")
                #expect(list.hasPrefix("HTTP/1.1 503"))
                #expect(list.contains("dependency-unavailable"))
            }
            try await eventually {
                let ready = "http://127.0.0.1:\(system.ports.admin[0])/readyz"
                return try await curl("-o", "/dev/null", "-w", "%{http_code}", ready) == "503"
            }
            #expect(try await curl("http://127.0.0.1:\(system.ports.admin[0])/livez") == "ok\n")
            try system.kill("redis", SIGCONT)
            try await eventually { try await curl("\(system.url)/api/verve/accept?id=2") == "ok" }
        }
    }

    @Test func `the memory of streams that were held goes back to the system`() async throws {
        try await TallySystem.with { system in
            let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Peer/held_streams.py")
            let pid = try system.pid("instance-1")
            let held = try Program("/usr/bin/python3", ["-B", script.path, "\(system.ports.instances[0])", "\(pid)"])
            try await held.end(within: .seconds(400))
            #expect(held.exitCode == 0, "\(held.output)")
        }
    }

    @Test func `a callback reaches an opened endpoint with the count, behind the request's back`() async throws {
        let sink = try ReportSink()
        defer { sink.stop() }
        try await TallySystem.with(["--allow-outbound", "127.0.0.1:\(sink.port)"]) { system in
            let endpoint = self.encoded("http://127.0.0.1:\(sink.port)/cb?a=b")
            for id in 0..<5 {
                let answer = try await curl("\(system.url)/api/verve/accept?id=\(id)&endpoint=\(endpoint)")
                #expect(answer == "ok")
            }
            try await eventually { !sink.reports.isEmpty }
            #expect(sink.reports.allSatisfy { (1...5).contains($0.count) })
            // Another port of the same host is still inside.
            let other = self.encoded("http://127.0.0.1:\(system.ports.redis)/")
            #expect(try await curl("\(system.url)/api/verve/accept?id=1&endpoint=\(other)") == "failed")
        }
    }

    @Test func `a dead system leaves nothing, also when tally dev itself is killed`() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "tally-killed-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let arguments = ["dev", "--dir", directory.path, "--port", "\(try freePort())"]
        let program = try Program(TallySystem.executable, arguments)
        try await eventually(within: .seconds(60)) { program.output.contains("Tally is ready") }
        let pids = try ["redis", "nginx", "instance-1", "instance-2", "worker-1"].map { name in
            let text = try String(contentsOf: directory.appending(path: "run/\(name).pid"), encoding: .utf8)
            return try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        }
        kill(program.pid, SIGKILL)
        try await eventually(within: .seconds(30)) { pids.allSatisfy { kill($0, 0) == -1 } }
    }
}
