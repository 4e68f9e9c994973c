import NIOCore
import Support
import Testing
import Web

/// The table "Resources that callers hold" of docs/threat-model.md, at an instance: each row by each protocol.
struct HoldingTests {
    enum Access: CaseIterable, Sendable {
        /// Nobody needs a key.
        case open
        /// Keys are asked for, and these clients have one.
        case withKey
        /// Keys are asked for, and these clients have none.
        case withoutKey

        var fields: [(String, String)] { self == .withKey ? [("authorization", "Bearer right")] : [] }
        var lines: String { self.fields.map { "\($0.0): \($0.1)\r\n" }.joined() }
        var refuses: Bool { self == .withoutKey }
    }

    private static let copies = 3

    /// Everything small, so that three clients are a crowd.
    private static let tiny = limits {
        $0.concurrentRequestLimit = 2
        $0.costlyRequestLimit = 1
        $0.headDeadline = .milliseconds(300)
        $0.bodyDeadline = .milliseconds(300)
        $0.requestDeadline = .milliseconds(300)
        $0.idleTimeout = .milliseconds(600)
        $0.lingerTimeout = .milliseconds(100)
    }

    private static func expectService(_ port: Int, _ access: Access) async throws {
        // A caller without a key is refused, and that is an answer.
        let wanted = access.refuses ? 401 : 200
        let client = try await RawConnection.open(port: port)
        try await client.send(get("/keyed/plain", "\(access.lines)Connection: close\r\n"))
        #expect(statuses(try await client.readToEnd()) == [wanted])
        let frames = try await FrameConnection.open(port: port)
        try await frames.ask(1, request("GET", "/keyed/plain", access.fields))
        #expect(try await frames.answer(1).status == wanted)
        frames.close()
    }

    @Test(arguments: Access.allCases)
    func `who holds a connection, a head or a body by HTTP 1 keeps nobody out and is sent away`(
        access: Access
    ) async throws {
        try await withServer(Self.tiny, access: access == .open ? nil : OneKeyGuard()) { port, _, _ in
            let held: [(text: String, status: Int?)] = [
                ("", nil), ("GET /keyed/plain HTTP/1.1\r\nHo", nil),
                (
                    get(
                        "/keyed/echo",
                        "\(access.lines)Content-Type: application/json\r\nContent-Length: 9\r\n",
                        method: "POST"
                    ) + "{",
                    access.refuses ? 401 : 408
                ),
            ]
            var clients: [(client: RawConnection, status: Int?)] = []
            for (text, status) in held {
                for _ in 0..<Self.copies {
                    let client = try await RawConnection.open(port: port)
                    try await client.send(text)
                    clients.append((client, status))
                }
            }
            try await Self.expectService(port, access)
            for (client, status) in clients {
                let said = statuses(try await client.readToEnd())
                // Of one that was refused early the rest of the body has a time, too.
                #expect(status == nil ? said == [] : said.first == status, "\(said)")
            }
        }
    }

    @Test(arguments: Access.allCases)
    func `who holds a connection, a head or a body by HTTP 2 keeps nobody out and is sent away`(
        access: Access
    ) async throws {
        try await withServer(Self.tiny, access: access == .open ? nil : OneKeyGuard()) { port, _, _ in
            var silent: [FrameConnection] = []
            var bodies: [FrameConnection] = []
            for _ in 0..<Self.copies {
                silent.append(try await FrameConnection.open(port: port))
                let head = try await FrameConnection.open(port: port)
                let half = Array(request("GET", "/keyed/plain", access.fields).prefix(10))
                try await head.send(Frame(.headers, stream: 1, half))
                silent.append(head)
                let body = try await FrameConnection.open(port: port)
                let fields = access.fields + [("content-type", "application/json")]
                let begun = request("POST", "/keyed/echo", fields)
                try await body.send(Frame(.headers, flags: Frame.endHeaders, stream: 1, begun))
                bodies.append(body)
            }
            try await Self.expectService(port, access)
            for client in bodies { #expect(try await client.answer(1).status == (access.refuses ? 401 : 408)) }
            for client in silent + bodies { _ = try await client.readToEnd() }
        }
    }

    @Test(arguments: Access.allCases)
    func `work ends after its time by each protocol, and costly work takes no place of other work`(
        access: Access
    ) async throws {
        try await withServer(Self.tiny, access: access == .open ? nil : OneKeyGuard()) { port, _, _ in
            let wanted = access.refuses ? 401 : 503
            let frames = try await FrameConnection.open(port: port)
            for number in 0..<Self.copies {
                try await frames.ask(UInt32(2 * number + 1), request("GET", "/keyed/costly", access.fields))
            }
            let costly = try await RawConnection.open(port: port)
            try await costly.send(get("/keyed/costly", "\(access.lines)Connection: close\r\n"))
            // One is at work and three wait, while there are two places for others.
            try await Self.expectService(port, access)
            let slow = try await RawConnection.open(port: port)
            try await slow.send(get("/keyed/slow", "\(access.lines)Connection: close\r\n"))
            for client in [costly, slow] { #expect(statuses(try await client.readToEnd()) == [wanted]) }
            for number in 0..<Self.copies {
                #expect(try await frames.answer(UInt32(2 * number + 1)).status == wanted)
            }
            try await Self.expectService(port, access)
            frames.close()
        }
    }

    @Test(arguments: [Access.open, .withKey])
    func `who does not take an answer is sent away by each protocol`(access: Access) async throws {
        try await withServer(Self.tiny, access: access == .open ? nil : OneKeyGuard()) { port, _, _ in
            let frames = try await FrameConnection.open(port: port, settings: [(4, 0)])
            try await frames.ask(1, request("GET", "/keyed/long", access.fields))
            let raw = try await RawConnection.open(port: port)
            try await raw.pauseReading()
            try await raw.send(get("/keyed/long", access.lines))
            try await Self.expectService(port, access)
            #expect(try await frames.answer(1).resetCode == 8)
            // Bytes that are sent to a closed connection are reset, which is heard without reading.
            try await eventually {
                do { try await raw.send(get("/plain")) } catch { return true }
                return raw.isEnded
            }
            frames.close()
        }
    }
}
