import NIOCore
import NIOHPACK
import ServiceLifecycle
import Support
import Testing
import Web

/// HTTP/2 on the port of HTTP/1.1, from clients that mean well.
struct HTTP2Tests {
    @Test(arguments: [
        (["/plain"], 200, "\r\n\r\nplain"), (["/items/a"], 200, "\r\n\r\na"),
        (["-I", "/plain"], 200, "length: 5"),
        (["-H", "Content-Type: application/json", "-d", #"{"text":"a"}"#, "/echo"], 200, #"{"text":"a"}"#),
        (["-H", "Expect: 100-continue", "-d", "x", "/things/a/put"], 100, "routed x"),
        (["/hot?now"], 200, "routed hot"),
        (["/nothing"], 404, "/problems/not-found"), (["-X", "PUT", "/plain"], 405, "allow: GET, HEAD"),
        (["-d", "some bytes", "/mirror"], 200, "some bytes" + "last-modified: 10"),
        (["/broken"], 500, "internal-error"),
        (["-H", "Host: a/b", "/plain"], 400, "host-invalid"),
        (["-X", "TRACE", "/plain"], 501, "method-not-implemented"),
    ])
    func `curl gets what it gets by HTTP 1.1`(arguments: [String], status: Int, text: String) async throws {
        try await withServer { port, _, _ in
            let target = "http://127.0.0.1:\(port)\(arguments.last ?? "")"
            let answer = try await Program.output(
                "/usr/bin/curl",
                ["-sSi", "--http2-prior-knowledge", "--path-as-is"] + arguments.dropLast() + [target]
            )
            #expect(answer.hasPrefix("HTTP/2 \(status) "), "\(answer)")
            #expect(answer.contains(text), "\(answer)")
            #expect(answer.contains("x-request-id: "))
        }
    }

    @Test func `h2load's requests are all answered, many at once on each connection`() async throws {
        try await withServer { port, _, _ in
            let report = try await Program.output(
                "/usr/bin/h2load",
                ["-n", "1000", "-c", "4", "-m", "100", "-t", "1", "http://127.0.0.1:\(port)/plain"]
            )
            #expect(report.contains("1000 succeeded, 0 failed, 0 errored"), "\(report)")
            #expect(report.contains("status codes: 1000 2xx"), "\(report)")
        }
    }

    @Test func `the preface is known however it is cut`() async throws {
        try await withServer { port, _, _ in
            let bytes = FrameConnection.preface + Frame(.settings).bytes
            for cut in 1...bytes.count {
                let client = try await FrameConnection.open(port: port, greets: false)
                // The first 24 connections are cut in two, the last is sent byte by byte.
                let pieces = cut < bytes.count ? [bytes.prefix(cut), bytes.dropFirst(cut)] : bytes.map { [$0][...] }
                for piece in pieces {
                    try await client.send(Array(piece))
                    try await Task.sleep(for: .milliseconds(2))
                }
                try await client.ask(1, request("/plain"))
                #expect(try await client.answer(1).body == "plain", "cut at \(cut)")
                client.close()
            }
        }
    }

    @Test(arguments: ["POST /echo", "PUT /plain", "PATCH /plain", "PR /plain", "PRI /plain", "PROPFIND /plain"])
    func `what begins like the preface and is not is HTTP 1.1`(line: String) async throws {
        let expected = ["POST /echo": 415, "PR /plain": 400, "PRI /plain": 400][line] ?? 405
        try await withServer { port, _, _ in
            let client = try await RawConnection.open(port: port)
            for byte in "\(line) HTTP/1.1\r\nHost: here\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" {
                // The server may have ended it by an error of the first bytes.
                _ = try? await client.send(String(byte))
            }
            #expect(statuses(try await client.readToEnd()) == [expected])
        }
    }

    @Test func `pieces of a body are read and answered as they come, and trailers end the answer`() async throws {
        try await withServer { port, _, _ in
            let client = try await FrameConnection.open(port: port)
            try await client.send(Frame(.headers, flags: Frame.endHeaders, stream: 1, request("POST", "/mirror")))
            for (count, piece) in ["one", "two", "three"].enumerated() {
                try await client.send(Frame(.data, stream: 1, Array(piece.utf8)))
                try await client.frame(piece) { $0.is(.data) && $0.payload == Array(piece.utf8) }
                #expect(client.frames.count { $0.is(.data) } == count + 1)
            }
            let end = Frame(.headers, flags: Frame.endHeaders | Frame.endStream, stream: 1, block([("a", "b")]))
            try await client.send(end)
            let answer = try await client.answer(1)
            #expect(answer.status == 200)
            #expect(answer.body == "onetwothree")
            #expect(answer.trailers?["last-modified"] == ["11"])
            #expect(answer.resetCode == nil)
            client.close()
        }
    }

    @Test func `a long answer waits for its reader, and arrives whole`() async throws {
        try await withServer { port, _, _ in
            let client = try await FrameConnection.open(port: port, settings: [(4, 0)])
            try await client.ask(1, request("/long"))
            try await client.ask(3, request("HEAD", "/plain"))
            #expect(try await client.answer(3).status == 200)
            #expect(!client.frames.contains { $0.is(.data) && !$0.payload.isEmpty })
            for stream: UInt32 in [0, 1] {
                try await client.send(Frame(.window, stream: stream, bigEndian(9_000_000)))
            }
            let answer = try await client.answer(1)
            #expect(answer.body.utf8.count == 8_000_003)
            #expect(answer.body.hasSuffix("xend"))
            client.close()
        }
    }

    @Test func `a valid request id is taken and any other is replaced`() async throws {
        try await withServer { port, _, _ in
            let client = try await FrameConnection.open(port: port)
            var stream: UInt32 = 1
            for (given, isTaken) in [("abc-1._Z", true), ("a b", false), (String(repeating: "a", count: 65), false)] {
                for target in ["/plain", "/nothing", "/plain/"] {
                    try await client.ask(stream, request("GET", target, [("x-request-id", given)]))
                    let ids = try await client.answer(stream).fields["x-request-id"]
                    #expect(ids.count == 1)
                    #expect((ids == [given]) == isTaken)
                    stream += 2
                }
            }
            client.close()
        }
    }

    @Test func `a request that its client gives up is cancelled`() async throws {
        try await withServer(limits { $0.concurrentRequestLimit = 1 }) { port, _, _ in
            let client = try await FrameConnection.open(port: port)
            try await client.ask(1, request("/slow"))
            var stream: UInt32 = 3
            func status() async throws -> Int {
                defer { stream += 2 }
                try await client.ask(stream, request("/plain"))
                return try await client.answer(stream).status
            }
            // Only one may be at work: it is answered 503 as long as the first is.
            try await eventually { try await status() == 503 }
            try await client.send(Frame(.reset, stream: 1, bigEndian(8)))
            try await eventually { try await status() == 200 }
            client.close()
        }
    }

    @Test func `a stopping server says so, finishes what it has and takes no more`() async throws {
        try await withServer { port, _, group in
            let busy = try await FrameConnection.open(port: port)
            let idle = try await FrameConnection.open(port: port)
            try await idle.ask(1, request("/plain"))
            #expect(try await idle.answer(1).status == 200)
            try await busy.send(Frame(.headers, flags: Frame.endHeaders, stream: 1, request("POST", "/mirror")))
            try await busy.send(Frame(.data, stream: 1, Array("before".utf8)))
            try await busy.frame("the first piece") { $0.is(.data) }
            await group.triggerGracefulShutdown()
            for client in [busy, idle] {
                let goAway = try await client.frame("GOAWAY") { $0.is(.goAway) }
                #expect(goAway.number() == 0x7fff_ffff)
                let ping = try await client.frame("PING") { $0.is(.ping) }
                try await client.send(Frame(.ping, flags: Frame.acknowledged, ping.payload))
                try await client.frame("GOAWAY with the last stream") { $0.is(.goAway) && $0.number() == 1 }
            }
            #expect(try await idle.readToEnd() == 0)
            #expect(!busy.isEnded)
            try await busy.send(Frame(.data, flags: Frame.endStream, stream: 1, Array("after".utf8)))
            #expect(try await busy.readToEnd() == 0)
            #expect(try busy.answers()[1]?.body == "beforeafter")
            #expect(try busy.answers()[1]?.trailers != nil)
        }
    }

    @Test func `a draining server answers and asks its clients to leave`() async throws {
        let drain = DrainSignal()
        try await withServer(drain: drain) { port, _, _ in
            let client = try await FrameConnection.open(port: port)
            try await client.ask(1, request("/plain"))
            #expect(try await client.answer(1).status == 200)
            #expect(!client.frames.contains { $0.is(.goAway) })
            drain.begin()
            try await client.ask(3, request("/plain"))
            #expect(try await client.answer(3).status == 200)
            // It does not answer the ping: it is told all the same.
            #expect(try await client.readToEnd() == 0)
            #expect(client.frames.last { $0.is(.goAway) }?.number() == 3)
        }
    }
}
