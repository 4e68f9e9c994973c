import NIOCore
import ServiceLifecycle
import Support
import Testing
import Web

/// Answers that clients do not take, by either protocol.
struct BacklogTests {
    /// No answer of such a client may have a byte of content before it says so.
    private static let noWindow: [(key: UInt8, value: UInt32)] = [(4, 0)]

    @Test(arguments: Seed.cases(300))
    func `what waits is what was ready and has not left, and each wait begins with the last progress`(seed: Seed) {
        var random = seed.random
        var backlog = AnswerBacklog()
        var model: [Int: (bytes: Int, since: UInt64)] = [:]
        var now: UInt64 = 0
        for _ in 0..<60 {
            now += UInt64.random(in: 0...5, using: &random)
            let stream = Int.random(in: 1...5, using: &random)
            let count = Int.random(in: 0...9, using: &random)
            switch Int.random(in: 0...2, using: &random) {
            case 0:
                backlog.ready(stream, bytes: count, at: now)
                if count > 0 { model[stream] = ((model[stream]?.bytes ?? 0) + count, model[stream]?.since ?? now) }
            case 1:
                let gone = backlog.left(stream, bytes: count, at: now)
                let had = model[stream]?.bytes ?? 0
                #expect(gone == min(had, count))
                if had > 0 { model[stream] = had > gone ? (had - gone, now) : nil }
            default:
                let lost = backlog.ended(stream)
                #expect(lost == model.removeValue(forKey: stream)?.bytes ?? 0)
            }
            #expect(backlog.bytes == model.values.map(\.bytes).reduce(0, +) && backlog.count == model.count)
            #expect(backlog.oldest == model.values.map(\.since).min())
            #expect(backlog.newest == model.values.map(\.since).max())
            let time = now > 3 ? now - 3 : 0
            #expect(backlog.stalled(since: time) == model.filter { $0.value.since <= time }.keys.sorted())
        }
    }

    @Test func `a stream whose client gives it no window is reset, and others of the connection are not`() async throws
    {
        try await withServer(limits { $0.idleTimeout = .milliseconds(300) }) { port, _, _ in
            let client = try await FrameConnection.open(port: port, settings: Self.noWindow)
            try await client.ask(1, request("/plain"))
            // A refusal of the gate is an answer like any other.
            try await client.ask(3, request("/plain/"))
            try await client.ask(5, request("POST", "/s.v1.S/Put"), body: "")
            try await client.ask(7, request("/slow"))
            for stream: UInt32 in [1, 3, 5] { #expect(try await client.answer(stream).resetCode == 8, "\(stream)") }
            #expect(!client.isEnded && !client.frames.contains { $0.stream == 7 })
            client.close()
        }
    }

    @Test func `a client that goes on taking gets all of it`() async throws {
        try await withServer(limits { $0.idleTimeout = .seconds(2) }) { port, _, _ in
            let client = try await FrameConnection.open(port: port, settings: [(4, 1)])
            try await client.ask(1, request("/plain"))
            for count in 1...5 {
                try await client.frame("\(count) bytes") { _ in
                    client.frames.filter { $0.is(.data) }.reduce(0) { $0 + $1.payload.count } >= count
                }
                try await client.send(Frame(.window, stream: 1, bigEndian(1)))
            }
            #expect(try await client.answer(1).body == "plain")
            client.close()
        }
    }

    @Test func `connections whose streams all wait for their client give way to others`() async throws {
        try await withServer(limits { $0.connectionLimit = 16 }) { port, hot, _ in
            var waiting: [FrameConnection] = []
            for number in 0..<20 {
                let client = try await FrameConnection.open(port: port, settings: Self.noWindow)
                try await client.ask(1, request("/plain"))
                // Half of them have begun another request, too.
                let head = Frame(.headers, flags: Frame.endHeaders, stream: 3, request("POST", "/mirror"))
                if number % 2 == 0 { try await client.send(head) }
                waiting.append(client)
            }
            for _ in 0..<3 {
                let other = try await RawConnection.open(port: port)
                try await other.send(get("/plain", "Connection: close\r\n"))
                #expect(statuses(try await other.readToEnd()) == [200])
            }
            #expect(waiting.contains { $0.isEnded })
            for client in waiting { client.close() }
        }
    }

    @Test func `a connection may have so many bytes waiting, and a further answer is given up`() async throws {
        try await withServer(limits { $0.connectionAnswerLimit = 9_000_000 }) { port, _, _ in
            let client = try await FrameConnection.open(port: port, settings: Self.noWindow)
            // Eight million bytes each.
            try await client.ask(1, request("/long"))
            try await client.frame("its head") { $0.is(.headers) && $0.stream == 1 }
            try await client.ask(3, request("/long"))
            #expect(try await client.answer(3).resetCode == 11)
            try await client.ask(5, request("/plain"))
            try await client.frame("the head of a short one") { $0.is(.headers) && $0.stream == 5 }
            #expect(!client.frames.contains { $0.is(.reset) && $0.stream != 3 })
            client.close()
        }
    }

    @Test func `so many bytes may wait in all: who takes nothing is given up, and who takes is served`() async throws {
        try await withServer(limits { $0.waitingAnswerLimit = 9_000_000 }) { port, _, _ in
            var waiting: [FrameConnection] = []
            // Four at once are more than twice the limit: there is no room even for somebody's first byte. On a slow
            // machine those before may have been given up by then, so it is tried again.
            try await eventually("one is refused") {
                var clients: [FrameConnection] = []
                for _ in 0..<4 {
                    clients.append(try await FrameConnection.open(port: port, settings: Self.noWindow))
                }
                waiting += clients
                for client in clients { try await client.ask(1, request("/long")) }
                for _ in 0..<50 where !clients.contains(where: { $0.frames.contains { $0.is(.reset) } }) {
                    try await Task.sleep(for: .milliseconds(10))
                }
                // One of an earlier try may have been told late.
                return waiting.contains { $0.frames.contains { $0.is(.reset) && $0.number() == 11 } }
            }
            // The surplus is given up, after a second without progress.
            try await eventually("one of them is given up") {
                waiting.contains { $0.frames.contains { $0.is(.reset) && $0.number() == 8 } }
            }
            let reader = try await RawConnection.open(port: port)
            try await reader.send(get("/long", "Connection: close\r\n"))
            #expect(try await reader.readToEnd().hasSuffix("end"))
            for client in waiting { client.close() }
        }
    }

    @Test func `what clients of HTTP 1 do not take counts as well`() async throws {
        try await withServer(limits { $0.waitingAnswerLimit = 9_000_000 }) { port, _, _ in
            var waiting: [RawConnection] = []
            for _ in 0..<4 {
                let client = try await RawConnection.open(port: port)
                try await client.pauseReading()
                try await client.send(get("/long"))
                waiting.append(client)
            }
            // The surplus is sent away. Bytes that are sent to a closed connection are reset, which is heard without
            // reading.
            try await eventually("one of them is sent away") {
                for client in waiting {
                    do { try await client.send(get("/hot?now")) } catch { return true }
                }
                return waiting.contains { $0.isEnded }
            }
            for client in waiting { client.close() }
        }
    }

    @Test func `a stop is not held up by answers that nobody takes`() async throws {
        try await withServer(limits { $0.lingerTimeout = .milliseconds(100) }) { port, _, group in
            let frames = try await FrameConnection.open(port: port, settings: Self.noWindow)
            try await frames.ask(1, request("/plain"))
            try await frames.frame("its head") { $0.is(.headers) }
            let bytes = try await RawConnection.open(port: port)
            try await bytes.pauseReading()
            try await bytes.send(get("/long"))
            await group.triggerGracefulShutdown()
            #expect(try await frames.readToEnd() == 0)
            // The server returns from its run only without connections: this test would hang.
        }
    }

    @Test func `so many streams may be open in all, and a further one is refused unprocessed`() async throws {
        try await withServer(limits { $0.openStreamLimit = 16 }) { port, _, _ in
            let (first, second) = (
                try await FrameConnection.open(port: port), try await FrameConnection.open(port: port)
            )
            for number in 0..<8 {
                try await first.ask(UInt32(2 * number + 1), request("/slow"))
                let open = Frame(
                    .headers,
                    flags: Frame.endHeaders,
                    stream: UInt32(2 * number + 1),
                    request("POST", "/mirror")
                )
                try await second.send(open)
            }
            try await first.send(Frame(.ping, Array(repeating: 1, count: 8)))
            try await second.send(Frame(.ping, Array(repeating: 1, count: 8)))
            for client in [first, second] { try await client.frame("a ping's answer") { $0.is(.ping) } }
            try await first.ask(17, request("/plain"))
            #expect(try await first.answer(17).resetCode == 7)
            second.close()
            try await eventually("places are free again") {
                let other = try await FrameConnection.open(port: port)
                try await other.ask(1, request("/plain"))
                let answer = try await other.answer(1)
                other.close()
                return answer.body == "plain"
            }
            first.close()
        }
    }
}
