import NIOCore
import NIOHPACK
import Support
import Testing
import Web

/// HTTP/2 from clients that are slow, mistaken or hostile.
struct HTTP2LimitTests {
    private typealias Field = (String, String)

    @Test(arguments: [
        ("/plain/", 404, "not-found"), ("//plain", 404, "not-found"), ("/items/..", 404, "not-found"),
        ("/" + String(repeating: "a", count: 2048), 414, "target-too-long"), ("*", 400, "target-invalid"),
        ("http://evil/plain", 400, "host-invalid"),
    ])
    func `a target is judged as by HTTP 1.1`(target: String, status: Int, slug: String) async throws {
        try await withServer { port, _, _ in
            let client = try await FrameConnection.open(port: port)
            try await client.ask(1, request("GET", target))
            let answer = try await client.answer(1)
            #expect(answer.status == status)
            #expect(answer.body.contains("\"type\":\"/problems/\(slug)\""))
            #expect(answer.fields["content-type"] == ["application/problem+json"])
            client.close()
        }
    }

    @Test func `a host is judged as by HTTP 1.1, and an authority is one`() async throws {
        let plain = [(":method", "GET"), (":scheme", "http"), (":path", "/plain")]
        let cases: [([Field], Int)] = [
            ([], 400), ([(":authority", "here")], 200), ([(":authority", "there")], 400), ([(":authority", "")], 400),
            ([("host", "here")], 200), ([("host", "there")], 400), ([("host", "here"), ("host", "here")], 400),
            ([(":authority", "here"), ("host", "here")], 200), ([(":authority", "here"), ("host", "there")], 400),
            ([(":authority", "HERE:80")], 200),
        ]
        try await withServer(limits { $0.allowedHosts = ["here"] }) { port, _, _ in
            let client = try await FrameConnection.open(port: port)
            for (index, (fields, status)) in cases.enumerated() {
                let stream = UInt32(2 * index + 1)
                try await client.ask(stream, block(plain + fields))
                #expect(try await client.answer(stream).status == status, "\(fields)")
            }
            client.close()
        }
    }

    @Test func `header fields have the limits of HTTP 1.1`() async throws {
        @Sendable func fields(_ count: Int, _ length: Int) -> [Field] {
            (0..<count).map { ("x-\($0)", String(repeating: "v", count: length)) }
        }
        try await withServer { port, _, _ in
            let client = try await FrameConnection.open(port: port)
            // The announced settings hold from here on.
            try await client.send(Frame(.settings, flags: Frame.acknowledged))
            for (index, (fields, status)) in [
                (fields(60, 10), 200), (fields(65, 1), 400), (fields(1, 8000), 200), (fields(1, 8192), 400),
                (fields(4, 3800), 200), (fields(4, 4100), 400),
            ].enumerated() {
                let stream = UInt32(2 * index + 1)
                let head = request("GET", "/plain", fields)
                let end = Frame.endStream
                try await client.send(
                    Frame(.headers, flags: end, stream: stream, Array(head.prefix(9000))),
                    Frame(.continuation, flags: Frame.endHeaders, stream: stream, Array(head.dropFirst(9000)))
                )
                #expect(try await client.answer(stream).status == status, "\(index)")
            }
            client.close()
        }
    }

    @Test func `a request that is no HTTP ends its stream and no other`() async throws {
        let wrong: [[UInt8]] = [
            block([(":method", "GET"), (":scheme", "http"), (":authority", "here")]), request("GET", ""),
            request("GET", "/plain", [("X-A", "b")]), request("GET", "/plain", [("connection", "close")]),
            request("GET", "/plain", [("transfer-encoding", "chunked")]), request("GET", "/plain", [("x", "a\0b")]),
            request("GET", "/plain", [("x", "a\r\ny: b")]), request("GET", "/plain", [(":path", "/other")]),
            request("GET", "/plain", [("a", "b"), (":unknown", "c")]),
        ]
        try await withServer { port, _, _ in
            let client = try await FrameConnection.open(port: port)
            for (index, head) in wrong.enumerated() {
                let stream = UInt32(4 * index + 1)
                try await client.ask(stream, head)
                try await client.ask(stream + 2, request("/plain"))
                #expect(try await client.answer(stream).resetCode == 1, "\(index)")
                #expect(try await client.answer(stream + 2).body == "plain")
            }
            client.close()
        }
    }

    @Test func `a body that is too long is refused, and the connection goes on`() async throws {
        try await withServer(limits { $0.bodyLimit = 100 }) { port, _, _ in
            let client = try await FrameConnection.open(port: port)
            let head = request("POST", "/things/a/put", [("content-length", "101")])
            try await client.send(Frame(.headers, flags: Frame.endHeaders, stream: 1, head))
            #expect(try await client.answer(1).status == 413)
            let chunked = request("POST", "/things/a/put")
            try await client.send(Frame(.headers, flags: Frame.endHeaders, stream: 3, chunked))
            for _ in 0..<3 { try await client.send(Frame(.data, stream: 3, Array(repeating: 120, count: 50))) }
            #expect(try await client.answer(3).status == 413)
            // Both are told not to send the rest.
            for stream: UInt32 in [1, 3] {
                try await client.frame("NO_ERROR") { $0.is(.reset) && $0.stream == stream && $0.number() == 0 }
            }
            let begun = Frame(.headers, flags: Frame.endHeaders, stream: 5, request("POST", "/mirror"))
            try await client.send(begun, Frame(.data, stream: 5, Array(repeating: 120, count: 100)))
            try await client.frame("what was sent") { $0.is(.data) && $0.stream == 5 }
            try await client.send(Frame(.data, stream: 5, [120]))
            // Its answer has begun: it is cut.
            #expect(try await client.answer(5).resetCode == 8)
            try await client.ask(7, request("/plain"))
            #expect(try await client.answer(7).body == "plain")
            client.close()
        }
    }

    @Test func `an answer that is early waits for the rest of a small request`() async throws {
        try await withServer(limits { $0.lingerTimeout = .seconds(60) }) { port, _, _ in
            let client = try await FrameConnection.open(port: port)
            for (index, (head, status)) in [
                (request("POST", "/nothing", [("content-length", "8")]), 404), (request("POST", "//"), 404),
                (request("DELETE", "/plain"), 405),
            ].enumerated() {
                let stream = UInt32(4 * index + 1)
                let half = Frame(.data, stream: stream, Array(repeating: 120, count: 4))
                try await client.send(Frame(.headers, flags: Frame.endHeaders, stream: stream, head), half)
                // Others are answered, so this one has had its turn.
                try await client.ask(stream + 2, request("/plain"))
                #expect(try await client.answer(stream + 2).body == "plain")
                #expect((try client.answers()[stream]?.status ?? 0) == 0, "\(index)")
                try await client.send(Frame(.data, flags: Frame.endStream, stream: stream, half.payload))
                let answer = try await client.answer(stream)
                #expect(answer.status == status && answer.isWhole && answer.resetCode == nil, "\(index)")
            }
            client.close()
        }
    }

    @Test func `a body that does not come is 408, but a series of messages may pause`() async throws {
        let limits = limits {
            $0.bodyDeadline = .milliseconds(200)
            $0.idleTimeout = .seconds(4)
        }
        try await withServer(limits) { port, _, _ in
            let client = try await FrameConnection.open(port: port)
            let series = request("POST", "/mirror", [("content-type", "application/grpc")])
            try await client.send(Frame(.headers, flags: Frame.endHeaders, stream: 1, series))
            let slow = request("POST", "/things/a/put")
            try await client.send(Frame(.headers, flags: Frame.endHeaders, stream: 3, slow))
            #expect(try await client.answer(3).status == 408)
            try await client.send(Frame(.data, stream: 1, Array("a".utf8)))
            try await client.frame("its echo") { $0.is(.data) && $0.stream == 1 }
            // Nothing moves any more.
            #expect(try await client.answer(1).resetCode == 8)
            client.close()
        }
    }

    @Test func `a silent connection is closed in every state`() async throws {
        let limits = limits {
            $0.idleTimeout = .seconds(3)
            $0.headDeadline = .seconds(1)
            $0.lingerTimeout = .milliseconds(100)
        }
        try await withServer(limits) { port, _, _ in
            let mute = try await FrameConnection.open(port: port, greets: false)
            let half = try await FrameConnection.open(port: port, greets: false)
            try await half.send(Array(FrameConnection.preface.prefix(12)))
            let rude = try await FrameConnection.open(port: port, greets: false)
            try await rude.send(FrameConnection.preface)
            let idle = try await FrameConnection.open(port: port)
            let open = try await FrameConnection.open(port: port)
            let series = request("POST", "/mirror", [("content-type", "application/grpc")])
            try await open.send(Frame(.headers, flags: Frame.endHeaders, stream: 1, series))
            #expect(try await half.readToEnd() == nil)
            #expect(half.frames.isEmpty)
            #expect(try await mute.readToEnd() == nil)
            #expect(try await rude.readToEnd() == nil)
            #expect(try await idle.readToEnd() == 0)
            #expect(try await open.readToEnd() == 0)
        }
    }

    @Test func `a client that is gone is found out, and one that only has nothing to say is not`() async throws {
        let limits = limits {
            $0.pingInterval = .milliseconds(300)
            $0.pingTimeout = .seconds(3)
        }
        try await withServer(limits) { port, _, _ in
            let gone = try await FrameConnection.open(port: port)
            let quiet = try await FrameConnection.open(port: port)
            for client in [gone, quiet] { try await client.ask(1, request("/slow")) }
            var answered = 0
            while !gone.isEnded {
                let pings = quiet.frames.filter { $0.is(.ping) }
                for ping in pings.dropFirst(answered) {
                    try await quiet.send(Frame(.ping, flags: Frame.acknowledged, ping.payload))
                }
                answered = pings.count
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(gone.frames.contains { $0.is(.ping) })
            #expect(answered > 0)
            #expect(!quiet.isEnded)
            quiet.close()
        }
    }

    private static let floods: [(String, [Frame], UInt32)] = [
        ("pings", Array(repeating: Frame(.ping, Array(repeating: 0, count: 8)), count: 2000), 11),
        ("settings", Array(repeating: Frame(.settings), count: 2000), 11),
        (
            "streams that are reset at once",
            (0..<1000).flatMap { number in
                let stream = UInt32(2 * number + 1)
                let open = Frame(.headers, flags: 5, stream: stream, request("/slow"))
                return [open, Frame(.reset, stream: stream, bigEndian(8))]
            },
            11
        ),
        (
            "more streams than allowed",
            (0..<200).map { Frame(.headers, flags: 5, stream: UInt32(2 * $0 + 1), request("/slow")) }, 1
        ),
        (
            "empty data",
            [Frame(.headers, flags: 4, stream: 1, request("POST", "/mirror"))]
                + Array(repeating: Frame(.data, stream: 1), count: 100), 11
        ),
        (
            "a head in too many pieces",
            [Frame(.headers, stream: 1, request("/plain"))]
                + Array(repeating: Frame(.continuation, stream: 1, block([("a", "b")])), count: 100), 11
        ),
        (
            "a head that is too long",
            [Frame(.headers, stream: 1, request("/plain"))]
                + Array(
                    repeating: Frame(.continuation, stream: 1, block([("a", String(repeating: "b", count: 9000))])),
                    count: 8
                ),
            1
        ),
        (
            // One long field in the table, and thousands of references to it.
            "a head that grows when it is unpacked",
            [
                Frame(
                    .headers,
                    flags: 5,
                    stream: 1,
                    request("/plain") + [0x40] + block([("x", String(repeating: "a", count: 3000))]).dropFirst()
                        + Array(repeating: 0xbe, count: 4000)
                )
            ], 9
        ),
        ("a frame that is too long", [Frame(.data, stream: 1, Array(repeating: 0, count: 20_000))], 6),
        ("a window that overflows", [Frame(.window, bigEndian(0x7fff_ffff))], 3),
    ]

    @Test(arguments: Self.floods.indices)
    func `a flood ends its connection and harms no other`(index: Int) async throws {
        let (name, frames, code) = Self.floods[index]
        try await withServer { port, _, _ in
            let other = try await FrameConnection.open(port: port)
            let client = try await FrameConnection.open(port: port)
            try await client.flood(frames.flatMap(\.bytes))
            #expect(try await client.readToEnd() == code, "\(name)")
            try await other.ask(1, request("/plain"))
            #expect(try await other.answer(1).body == "plain", "\(name)")
            other.close()
        }
    }

    @Test(arguments: Seed.cases(40))
    func `any frames leave the server alive`(seed: Seed) async throws {
        try await withServer { port, _, _ in
            var random = seed.random
            let client = try await FrameConnection.open(port: port)
            for _ in 0..<60 {
                var frame = Frame(.data, flags: UInt8.random(in: 0...63, using: &random))
                frame.kind = UInt8.random(in: 0...10, using: &random)
                frame.stream = UInt32.random(in: 0...9, using: &random)
                let targets = [
                    request("/plain"), request("POST", "/mirror"), request("POST", "/echo"), request("/slow"),
                ]
                switch Int.random(in: 0...3, using: &random) {
                case 0:
                    frame.payload = (0..<Int.random(in: 0...20, using: &random)).map { _ in
                        UInt8.random(in: 0...255, using: &random)
                    }
                case 1: frame.payload = bigEndian(UInt32.random(in: 0...70_000, using: &random))
                default:
                    frame.kind = Bool.random(using: &random) ? 1 : frame.kind
                    frame.payload = targets.randomElement(using: &random) ?? []
                }
                try await client.flood(frame.bytes)
            }
            client.close()
            let other = try await FrameConnection.open(port: port)
            try await other.ask(1, request("/plain"))
            #expect(try await other.answer(1).body == "plain")
            other.close()
        }
    }
}
