import FoundationEssentials
import NIOCore
import ServiceLifecycle
import Support
import Testing
import Web

struct ServerTests {
    @Test func `hot and routed answers leave in the order of their requests`() async throws {
        try await withServer { port, hot, _ in
            let client = try await RawConnection.open(port: port)
            try await client.send(get("/hot?held") + get("/plain") + get("/hot?held") + get("/hot?now") + get("/hot"))
            for _ in 0..<1000 where hot.heldCount < 2 { try await Task.sleep(for: .milliseconds(5)) }
            #expect(client.received == "")
            hot.release()
            let text = try await client.read { $0.hasSuffix("routed hot") }
            let bodies = text.components(separatedBy: "\r\n\r\n").dropFirst().map { $0.prefix { $0 != "H" } }
            #expect(bodies == ["hot", "plain", "hot", "now", "routed hot"])
            client.close()
        }
    }

    @Test func `an answer that closes is the last one, whoever gives it`() async throws {
        try await withServer { port, hot, _ in
            for target in ["/hot?now", "/plain"] {
                let client = try await RawConnection.open(port: port)
                try await client.send(get(target, "Connection: close\r\n") + get("/plain"))
                let text = try await client.readToEnd()
                #expect(statuses(text) == [200])
                #expect(text.lowercased().contains("connection: close"))
            }
        }
    }

    @Test(arguments: ["/hot?now", "/plain"])
    func `HTTP 1.0 is answered and closed, or kept alive when asked`(target: String) async throws {
        try await withServer { port, _, _ in
            let client = try await RawConnection.open(port: port)
            try await client.send(get(target, "Connection: keep-alive\r\n", version: "1.0"))
            let first = try await client.read { $0.contains("\r\n\r\n") }
            #expect(first.lowercased().contains("connection: keep-alive"))
            try await client.send(get(target, version: "1.0"))
            #expect(statuses(try await client.readToEnd()) == [200, 200])
        }
    }

    @Test(arguments: ["/hot?now", "/plain"])
    func `HEAD says how long GET's body is, and has none`(target: String) async throws {
        try await withServer { port, _, _ in
            let client = try await RawConnection.open(port: port)
            try await client.send(get(target, "Connection: close\r\n", method: "HEAD"))
            let text = try await client.readToEnd()
            #expect(statuses(text) == [200])
            #expect(text.lowercased().contains("content-length: \(target == "/plain" ? 5 : 3)\r\n"))
            #expect(text.hasSuffix("\r\n\r\n"))
        }
    }

    @Test func `a GET with a body goes the router's way and the next request is read`() async throws {
        try await withServer { port, _, _ in
            let client = try await RawConnection.open(port: port)
            try await client.send(
                get("/hot?now", "Content-Length: 3\r\n") + "abc" + get("/plain", "Connection: close\r\n")
            )
            let text = try await client.readToEnd()
            #expect(statuses(text) == [200, 200])
            #expect(text.contains("routed hot"))
        }
    }

    @Test(arguments: [
        ("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404, "not-found"),
        ("GET /plain/ HTTP/1.1\r\nHost: a\r\n\r\n", 404, "not-found"),
        ("GET //plain HTTP/1.1\r\nHost: a\r\n\r\n", 404, "not-found"),
        ("GET /items/.. HTTP/1.1\r\nHost: a\r\n\r\n", 404, "not-found"),
        ("DELETE /plain HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method-not-allowed"),
        ("OPTIONS /plain HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method-not-allowed"),
        ("PUT /items/x HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method-not-allowed"),
        ("TRACE /plain HTTP/1.1\r\nHost: a\r\n\r\n", 501, "method-not-implemented"),
        ("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 501, "method-not-implemented"),
        ("GET /plain HTTP/1.1\r\n\r\n", 400, "host-invalid"),
        ("GET /plain HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "host-invalid"),
        ("GET /plain HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "host-invalid"),
        ("GET http://evil/plain HTTP/1.1\r\nHost: a\r\n\r\n", 400, "host-invalid"),
        ("GET /broken HTTP/1.1\r\nHost: a\r\n\r\n", 500, "internal-error"),
        ("GET /plain HTTP/1.1\r\nHost: a\r\nExpect: magic\r\n\r\n", 417, "expectation-failed"),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000000\r\n\r\n", 413, "payload-too-large"),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400, "malformed-request"),
        ("GET /plain HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n", 400, "malformed-request"),
        ("GET /plain HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, ""),
        ("GET /plain HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", 400, ""),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, ""),
        ("\r\nnot http at all\r\n\r\n", 400, "malformed-request"),
    ])
    func `a bad request gets its problem`(request: String, status: Int, slug: String) async throws {
        try await withServer { port, _, _ in
            let client = try await RawConnection.open(port: port)
            try await client.send(request)
            let text = try await client.read { $0.contains("\r\n\r\n") && ($0.hasSuffix("}") || client.isEnded) }
            #expect(statuses(text).first == status)
            if !slug.isEmpty {
                #expect(text.contains("\"type\":\"/problems/\(slug)\""))
                #expect(text.contains("application/problem+json"))
                #expect(text.lowercased().contains("x-request-id: "))
            }
            if status == 405 { #expect(text.lowercased().contains("allow: get, head")) }
            client.close()
        }
    }

    @Test func `a target that is too long is 414 and a header that is too long is refused`() async throws {
        try await withServer { port, _, _ in
            let long = String(repeating: "a", count: 2048)
            for (request, status) in [
                (get("/" + long), 414), (get("/plain", "X-A: \(long)\(long)\(long)\(long)\(long)\r\n"), 400),
            ] {
                let client = try await RawConnection.open(port: port)
                try await client.send(request)
                let text = try await client.read { $0.contains("\r\n\r\n") }
                #expect(statuses(text).first == status)
                client.close()
            }
        }
    }

    @Test func `an endless chunked body is cut at the limit and the connection ends`() async throws {
        try await withServer(limits { $0.bodyLimit = 100 }) { port, _, _ in
            let client = try await RawConnection.open(port: port)
            let chunk = "32\r\n" + String(repeating: "x", count: 50) + "\r\n"
            try await client.send(
                get("/echo", "Transfer-Encoding: chunked\r\n", method: "POST") + chunk + chunk + chunk
            )
            let text = try await client.readToEnd()
            #expect(statuses(text) == [413])
        }
    }

    @Test func `a body that does not come is 408 and the connection ends`() async throws {
        try await withServer(limits { $0.bodyDeadline = .milliseconds(300) }) { port, _, _ in
            let client = try await RawConnection.open(port: port)
            try await client.send(
                get("/echo", "Content-Length: 10\r\nContent-Type: application/json\r\n", method: "POST") + "{"
            )
            let text = try await client.readToEnd()
            #expect(statuses(text) == [408])
        }
    }

    @Test func `a silent connection is closed, and a busy hot one is not`() async throws {
        try await withServer(limits { $0.idleTimeout = .milliseconds(400) }) { port, hot, _ in
            let silent = try await RawConnection.open(port: port)
            let trickling = try await RawConnection.open(port: port)
            let waiting = try await RawConnection.open(port: port)
            try await trickling.send("GET /plain HTTP/1.1\r\nHo")
            try await waiting.send(get("/hot?held"))
            #expect(try await silent.readToEnd() == "")
            #expect(try await trickling.readToEnd() == "")
            #expect(!waiting.isEnded)
            hot.release()
            #expect(statuses(try await waiting.read { $0.hasSuffix("hot") }) == [200])
            waiting.close()
        }
    }

    @Test func `a request that takes too long is 503 and its work is cancelled`() async throws {
        try await withServer(limits { $0.requestDeadline = .milliseconds(200) }) { port, _, _ in
            let client = try await RawConnection.open(port: port)
            try await client.send(get("/slow"))
            let text = try await client.read { $0.hasSuffix("}") }
            #expect(statuses(text) == [503])
            #expect(text.contains("deadline-exceeded"))
            #expect(text.lowercased().contains("retry-after: 1"))
            client.close()
        }
    }

    @Test func `more requests at once than allowed are 503 at once`() async throws {
        try await withServer(
            limits {
                $0.concurrentRequestLimit = 1
                $0.requestDeadline = .seconds(2)
            }
        ) { port, _, _ in
            let first = try await RawConnection.open(port: port)
            try await first.send(get("/slow"))
            var text = ""
            // The first may not have been taken up yet: ask until it has.
            for _ in 0..<200 where !text.contains("overloaded") {
                let second = try await RawConnection.open(port: port)
                try await second.send(get("/plain", "Connection: close\r\n"))
                text = try await second.readToEnd()
            }
            #expect(statuses(text) == [503])
            first.close()
        }
    }

    @Test func `a valid request id is taken and any other is replaced`() async throws {
        try await withServer { port, _, _ in
            for (given, isTaken) in [("abc-1._Z", true), ("a b", false), (String(repeating: "a", count: 65), false)] {
                for target in ["/hot?now", "/plain", "/nothing", "/plain/"] {
                    let client = try await RawConnection.open(port: port)
                    try await client.send(get(target, "X-Request-Id: \(given)\r\nConnection: close\r\n"))
                    let text = try await client.readToEnd().lowercased()
                    #expect(text.contains("x-request-id: \(given.lowercased())\r\n") == isTaken)
                    #expect(text.contains("x-request-id: "))
                }
            }
        }
    }

    @Test func `a stopping server finishes what it has and takes no more`() async throws {
        try await withServer { port, hot, group in
            let busy = try await RawConnection.open(port: port)
            let idle = try await RawConnection.open(port: port)
            try await busy.send(get("/hot?held"))
            for _ in 0..<1000 where hot.heldCount < 1 { try await Task.sleep(for: .milliseconds(5)) }
            await group.triggerGracefulShutdown()
            #expect(try await idle.readToEnd() == "")
            #expect(!busy.isEnded)
            hot.release()
            #expect(statuses(try await busy.readToEnd()) == [200])
        }
    }

    @Test func `a draining server asks its clients to close`() async throws {
        let drain = DrainSignal()
        try await withServer(drain: drain) { port, _, _ in
            drain.begin()
            for target in ["/hot?now", "/plain"] {
                let client = try await RawConnection.open(port: port)
                try await client.send(get(target))
                let text = try await client.readToEnd()
                #expect(statuses(text) == [200])
                #expect(text.lowercased().contains("connection: close"))
            }
        }
    }

    @Test func `a client that ends its input still gets its answers`() async throws {
        try await withServer { port, hot, _ in
            let client = try await RawConnection.open(port: port)
            try await client.send(get("/hot?held") + get("/hot?now"))
            try await client.endInput()
            for _ in 0..<1000 where hot.heldCount < 1 { try await Task.sleep(for: .milliseconds(5)) }
            hot.release()
            #expect(statuses(try await client.readToEnd()) == [200, 200])
        }
    }

    @Test(arguments: [
        (#"{"text":"a"}"#, "application/json", 200), (#"{"text":"a"}"#, "application/json; charset=utf-8", 200),
        (#"{"text":"a"}"#, "text/plain", 415), (#"{"text":"a","x":1}"#, "application/json", 400),
        (#"{"text":"a","text":"b"}"#, "application/json", 400), (#"{"text":1}"#, "application/json", 400),
        (#"{"text":"a"} x"#, "application/json", 400), ("[]", "application/json", 400), ("", "application/json", 400),
        ("\u{FEFF}{\"text\":\"a\"}", "application/json", 400), (#"{"text":"\ud800"}"#, "application/json", 400),
        (String(repeating: "[", count: 900), "application/json", 400),
    ])
    func `a JSON body is read strictly`(body: String, type: String, status: Int) async throws {
        try await withServer { port, _, _ in
            let client = try await RawConnection.open(port: port)
            let fields = "Content-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n"
            try await client.send(get("/echo", fields, method: "POST") + body)
            let text = try await client.readToEnd()
            #expect(statuses(text) == [status])
            #expect(text.contains("-H 'Content-Type: application/json'") == (status == 415))
        }
    }

    @Test func `Expect 100-continue is answered before the body`() async throws {
        try await withServer { port, _, _ in
            let client = try await RawConnection.open(port: port)
            let fields = "Content-Type: application/json\r\nContent-Length: 12\r\nExpect: 100-continue\r\n"
            try await client.send(get("/echo", fields, method: "POST"))
            #expect(try await client.read { $0.contains("\r\n\r\n") }.hasPrefix("HTTP/1.1 100 Continue\r\n"))
            try await client.send(#"{"text":"a"}"#)
            #expect(statuses(try await client.read { $0.hasSuffix("}") }) == [100, 200])
            client.close()
        }
    }

    @Test func `an upgrade is ignored, and the connection ends after the answer`() async throws {
        try await withServer { port, _, _ in
            for target in ["/hot?now", "/plain"] {
                let client = try await RawConnection.open(port: port)
                try await client.send(get(target, "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"))
                let text = try await client.readToEnd()
                #expect(statuses(text) == [200])
                #expect(text.lowercased().contains("connection: close"))
                client.close()
            }
        }
    }

    @Test func `a head that arrives byte by byte is not waited for`() async throws {
        try await withServer(limits { $0.headDeadline = .milliseconds(400) }) { port, _, _ in
            let slow = try await RawConnection.open(port: port)
            let bytes = Array(get("/plain", "X-Padding: \(String(repeating: "a", count: 4000))\r\n").utf8)
            var sent = 0
            // Far more bytes than the deadline leaves time for.
            while !slow.isEnded, sent < bytes.count {
                do { try await slow.send(String(decoding: [bytes[sent]], as: UTF8.self)) } catch { break }
                sent += 1
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(sent < bytes.count)
            #expect(slow.received == "")
            slow.close()
        }
    }

    @Test func `answers owed before broken bytes still leave, however the bytes are cut`() async throws {
        try await withServer { port, hot, _ in
            let client = try await RawConnection.open(port: port)
            try await client.send(get("/hot?held") + "garbage")
            for _ in 0..<1000 where hot.heldCount < 1 { try await Task.sleep(for: .milliseconds(5)) }
            for _ in 0..<5 {
                try await client.send(" more garbage\r\n\r\n")
                try await Task.sleep(for: .milliseconds(20))
            }
            hot.release()
            #expect(statuses(try await client.readToEnd()) == [200, 400])
        }
    }

    @Test func `a long last answer arrives whole at a reader that pauses`() async throws {
        try await withServer(limits { $0.lingerTimeout = .milliseconds(100) }) { port, _, _ in
            let client = try await RawConnection.open(port: port)
            try await client.pauseReading()
            try await client.send(get("/long", "Connection: close\r\n"))
            try await Task.sleep(for: .milliseconds(600))
            try await client.resumeReading()
            #expect(try await client.readToEnd().hasSuffix(String(repeating: "x", count: 1000) + "end"))
        }
    }
}
