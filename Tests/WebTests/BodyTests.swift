import Logging
import NIOCore
import Support
import Testing
import Web

/// Bodies that do not come, or come wrong, and what they cost others.
struct BodyTests {
    /// A request whose body is announced and not sent.
    private static func begun(_ type: String, _ path: String = "/echo") -> String {
        get(path, "Content-Type: \(type)\r\nContent-Length: 100\r\n", method: "POST")
    }

    @Test func `who announces a body and sends none takes no place of others`() async throws {
        try await withServer(limits { $0.concurrentRequestLimit = 1 }) { port, _, _ in
            var clients: [RawConnection] = []
            for _ in 0..<5 {
                let client = try await RawConnection.open(port: port)
                try await client.send(Self.begun("application/json") + "{")
                clients.append(client)
            }
            let frames = try await FrameConnection.open(port: port)
            for number in 0..<5 {
                let head = request("POST", "/echo", [("content-type", "application/json")])
                try await frames.send(Frame(.headers, flags: Frame.endHeaders, stream: UInt32(2 * number + 1), head))
            }
            // They were all read, and none of them is at work.
            try await frames.ask(21, request("/hot?now"))
            #expect(try await frames.answer(21).status == 200)
            for _ in 0..<5 {
                let other = try await RawConnection.open(port: port)
                try await other.send(get("/plain", "Connection: close\r\n"))
                #expect(statuses(try await other.readToEnd()) == [200])
            }
            for client in clients { client.close() }
            frames.close()
        }
    }

    @Test(arguments: ["text/plain", "application/grpc", "application/connect+json", "application/json;charset=latin1"])
    func `a media type is judged before any of the body is waited for`(type: String) async throws {
        try await withServer(limits { $0.bodyDeadline = .seconds(600) }) { port, _, _ in
            let client = try await RawConnection.open(port: port)
            try await client.send(Self.begun(type))
            #expect(statuses(try await client.read { $0.contains("\r\n\r\n{") }) == [415])
            client.close()
            let frames = try await FrameConnection.open(port: port)
            let head = request("POST", "/echo", [("content-type", type)])
            try await frames.send(Frame(.headers, flags: Frame.endHeaders, stream: 1, head))
            #expect(try await frames.answer(1).status == 415)
            // The client is told not to send the rest.
            try await frames.frame("NO_ERROR") { $0.is(.reset) && $0.stream == 1 && $0.number() == 0 }
            frames.close()
        }
    }

    private static let framings = [
        "gzip, chunked", "chunked, gzip", "chunked, chunked", "identity", "xchunked", "chunked;q=1", "\"chunked\"",
        "chunked,", ",chunked", "chunked\r\nTransfer-Encoding: chunked", "gzip\r\nTransfer-Encoding: chunked",
        "chunked\r\nContent-Length: 3", "GZIP, Chunked", "deflate", "compress, chunked",
    ]

    @Test(arguments: Self.framings)
    func `a body in any coding but chunks is refused, and nothing of it is carried out`(coding: String) async throws {
        try await withServer { port, _, _ in
            for path in ["/things/a/put", "/mirror", "/nothing"] {
                let client = try await RawConnection.open(port: port)
                let head = get(path, "Transfer-Encoding: \(coding)\r\n", method: "POST")
                // Bytes behind a refused request are no request.
                try await client.send(head + "3\r\nxyz\r\n0\r\n\r\n" + get("/plain"))
                let text = try await client.readToEnd()
                #expect(statuses(text) == [400] && !text.contains("xyz"), "\(text)")
                client.close()
            }
        }
    }

    @Test(arguments: ["chunked", "Chunked", "CHUNKED", "\tchunked"])
    func `chunks are read, however they are spelled`(coding: String) async throws {
        try await withServer { port, _, _ in
            let client = try await RawConnection.open(port: port)
            let head = get("/things/a/put", "Transfer-Encoding: \(coding)\r\n", method: "POST")
            try await client.send(head + "3\r\nxyz\r\n0\r\n\r\n")
            #expect(try await client.read { $0.hasSuffix("routed xyz") }.hasPrefix("HTTP/1.1 200 OK"))
            client.close()
        }
    }

    @Test func `a request that its client breaks off is no failure of ours`() async throws {
        let logs = CapturedLogs()
        try await withServer(logger: logs.logger()) { port, _, _ in
            let client = try await FrameConnection.open(port: port)
            var stream: UInt32 = 1
            for path in ["/echo", "/things/a/put", "/mirror"] {
                let json = [("content-type", "application/json")]
                let begun = Frame(.headers, flags: Frame.endHeaders, stream: stream, request("POST", path, json))
                try await client.send(begun, Frame(.data, stream: stream, Array("{\"te".utf8)))
                try await client.send(Frame(.reset, stream: stream, bigEndian(8)))
                // A length that is not the body's, to either side.
                for length in ["3", "9"] {
                    stream += 2
                    let head = request("POST", path, json + [("content-length", length)])
                    try await client.send(Frame(.headers, flags: Frame.endHeaders, stream: stream, head))
                    try await client.send(Frame(.data, flags: Frame.endStream, stream: stream, Array("{\"te".utf8)))
                    #expect(try await client.answer(stream).resetCode == 1)
                }
                stream += 2
            }
            // Work that goes on when its client leaves is given up, and that is no failure either.
            try await client.ask(stream, request("/slow"))
            try await client.send(Frame(.reset, stream: stream, bigEndian(8)))
            let raw = try await RawConnection.open(port: port)
            try await raw.send(Self.begun("application/json") + "{\"te")
            raw.close()
            try await client.ask(stream + 2, request("/plain"))
            #expect(try await client.answer(stream + 2).body == "plain")
            let wanted = ["/echo": 4, "/things/{name}/put": 3, "/slow": 1]
            for (path, count) in wanted {
                try await eventually("all of \(path) are counted") { Self.counted(logs, path).count == count }
                let statuses = Self.counted(logs, path)
                #expect(statuses.allSatisfy { ["408", "499"].contains($0) }, "\(path): \(statuses)")
            }
            client.close()
        }
        #expect(logs.lines.allSatisfy { $0.level < .error }, "\(logs.lines.map(\.text))")
    }

    private static func counted(_ logs: CapturedLogs, _ path: String) -> [String] {
        logs.lines.filter { $0.message == "Request" && $0.metadata["route"] == path }.compactMap {
            $0.metadata["status"]
        }
    }

    @Test func `any client can ask for 501, so it is logged as seldom as a success`() async throws {
        let logs = CapturedLogs()
        let observer = RequestObserver(logger: logs.logger(), accessLogSample: 10)
        for status in [200, 501, 503, 404, 499] {
            for _ in 0..<20 {
                observer.observe(
                    route: "/x",
                    method: "GET",
                    status: status,
                    cause: status == 503 ? .service : .caller,
                    duration: .zero,
                    requestID: "a",
                    traceparent: nil
                )
            }
        }
        #expect(logs.lines.count == 10)
        observer.observe(
            route: "/x",
            method: "GET",
            status: 500,
            cause: .service,
            duration: .zero,
            requestID: "a",
            traceparent: nil
        )
        #expect(logs.lines.count == 11)
    }
}
