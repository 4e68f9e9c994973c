import Support
import Testing
import Web

/// Answers that must have no content, and those whose content is not what their head says.
struct ContentTests {
    private static let targets = [
        "/", "/plain", "/nothing", "/nothing/at/all", "/plain/", "//plain", "/items/a", "/items/..", "/echo",
        "/things/a/put", "/mirror", "/s.v1.S/Put", "/hot", "/hot?now", "/broken", "/closed", "/odd/stream", "/odd/204",
        "/odd/205", "/odd/304", "/x#y", "/\u{7F}",
    ]

    @Test(arguments: Self.targets)
    func `nothing stands behind the head of an answer to HEAD`(target: String) async throws {
        try await withServer { port, _, _ in
            for fields in ["", "Host: a/b\r\n", "Expect: more\r\n", "Content-Length: 99999\r\n"] {
                let client = try await RawConnection.open(port: port)
                // The next answer tells where this one ends; some refusals end the connection.
                try await client.send(get(target, fields, method: "HEAD") + get("/plain", "Connection: close\r\n"))
                let text = try await client.readToEnd()
                let end = try #require(text.firstRange(of: "\r\n\r\n"))
                let rest = text[end.upperBound...]
                #expect(rest.isEmpty || rest.hasPrefix("HTTP/1.1 200 OK\r\n"), "\(target) \(fields): \(text)")
                #expect(!text[..<end.lowerBound].lowercased().contains("transfer-encoding"))
                client.close()
            }
        }
    }

    @Test func `nothing stands behind the head of an answer whose status has no content`() async throws {
        try await withServer { port, _, _ in
            for status in [204, 205, 304] {
                let client = try await RawConnection.open(port: port)
                try await client.send(get("/odd/\(status)") + get("/plain", "Connection: close\r\n"))
                let text = try await client.readToEnd()
                #expect(statuses(text) == [status, 200], "\(text)")
                let end = try #require(text.firstRange(of: "\r\n\r\n"))
                #expect(text[end.upperBound...].hasPrefix("HTTP/1.1 200"))
            }
        }
    }

    @Test func `by HTTP 2 neither, and the connection goes on`() async throws {
        try await withServer { port, _, _ in
            let client = try await FrameConnection.open(port: port)
            var stream: UInt32 = 1
            for target in Self.targets where !target.contains("\u{7F}") {
                try await client.ask(stream, request("HEAD", target))
                let answer = try await client.answer(stream)
                #expect(answer.isWhole && answer.body.isEmpty && answer.resetCode == nil, "\(target)")
                stream += 2
            }
            for status in [204, 205, 304] {
                try await client.ask(stream, request("/odd/\(status)"))
                let answer = try await client.answer(stream)
                #expect(answer.status == status && answer.isWhole && answer.body.isEmpty && answer.resetCode == nil)
                stream += 2
            }
            try await client.ask(stream, request("/plain"))
            #expect(try await client.answer(stream).body == "plain")
            client.close()
        }
    }

    @Test func `a key that is asked for and missing does not give HEAD content`() async throws {
        try await withServer(access: OneKeyGuard()) { port, _, _ in
            let client = try await RawConnection.open(port: port)
            try await client.send(get("/closed", method: "HEAD") + get("/plain", "Connection: close\r\n"))
            let text = try await client.readToEnd()
            #expect(statuses(text) == [401, 200] && !text.contains("/problems/unauthorized"), "\(text)")
            let frames = try await FrameConnection.open(port: port)
            try await frames.ask(1, request("HEAD", "/closed"))
            let answer = try await frames.answer(1)
            #expect(answer.status == 401 && answer.isWhole && answer.body.isEmpty)
            frames.close()
        }
    }

    @Test func `an answer that is longer or shorter than its head says ends what it came on, and is never the next`()
        async throws
    {
        try await withServer { port, _, _ in
            for length in [1, 9] {
                let client = try await RawConnection.open(port: port)
                try await client.send(get("/odd/length/\(length)") + get("/plain"))
                #expect(!(try await client.readToEnd()).contains("plain"), "\(length)")
                let frames = try await FrameConnection.open(port: port)
                try await frames.ask(1, request("/odd/length/\(length)"))
                #expect(try await frames.answer(1).resetCode == 2, "\(length)")
                // A fault of one stream is one of no other.
                try await frames.ask(3, request("/plain"))
                #expect(try await frames.answer(3).body == "plain", "\(length)")
                frames.close()
            }
        }
    }
}
