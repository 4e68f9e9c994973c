import Connect
import HTTPTypes
import Support
import SwiftProtobuf
import Testing
import Web

/// The duties of streams besides passing messages on.
struct StreamTests {
    private func head(_ client: TestClient, _ method: String, _ form: String, _ fields: HTTPFields = [:]) -> HTTPRequest
    {
        var fields = fields
        fields[.contentType] = form
        return client.request("/\(Echo.name)/\(method)", fields)
    }

    @Test(arguments: HTTPVersion.allCases, ["application/connect+proto", "application/grpc-web"])
    func `many messages are answered with one`(version: HTTPVersion, form: String) async throws {
        try await TestServer.run(version) { client, _, _ in
            let frames = try ["a", "b", "c"].map { try Frame(note($0)) }
            let answer = try await client.framed("Collect", form, frames)
            #expect(answer.frames.count == 2)
            #expect(try answer.frames[0].message(Note.self).reason == "a b c")
            #expect(answer.fields[.server] == "collector")
            let none = try await client.framed("Collect", form, [])
            #expect(try none.frames[0].message(Note.self).reason == "")
            let failed = try await client.framed("Collect", form, try ["a", "fail"].map { try Frame(note($0)) })
            #expect(failed.code == "resource_exhausted")
            #expect(failed.frames.count == 1)
        }
    }

    @Test(arguments: FramedTests.forms)
    func `messages go both ways at the same time`(form: String) async throws {
        try await TestServer.run(.two) { client, _, _ in
            try await Exchange.open(.two, port: client.port, self.head(client, "Chat", form)) { exchange in
                for number in 0..<3 {
                    try await exchange.send(try Frame(note("\(number)")).wire)
                    if number == 0 {
                        let head = try await exchange.head()
                        #expect(head.status == .ok)
                    }
                    let frame = try await exchange.frame()
                    #expect(try frame.message(Note.self).reason == "you said \(number)")
                }
                try await exchange.endRequest()
                let rest = try await exchange.rest()
                let answer = Answer(status: 200, fields: [:], body: rest, trailers: exchange.trailers)
                #expect(answer.code == "ok")
            }
        }
    }

    @Test(arguments: HTTPVersion.allCases)
    func `a message leaves when it is written, not when the stream ends`(version: HTTPVersion) async throws {
        try await TestServer.run(version) { client, echo, drain in
            let head = self.head(client, "Count", "application/connect+proto")
            try await Exchange.open(version, port: client.port, head) { exchange in
                try await exchange.send(try Frame(note("sleep", "2")).wire)
                try await exchange.endRequest()
                let head = try await exchange.head()
                #expect(head.status == .ok)
                #expect(try await exchange.frame().message(Note.self).reason == "0")
                #expect(try await exchange.frame().message(Note.self).reason == "1")
                // It sleeps now; a process that is about to stop ends it.
                #expect(echo.cancelledCount == 0)
                drain.begin()
                let last = try await exchange.frame()
                #expect(last.flags == 2)
                #expect(last.text.hasPrefix(#"{"error":{"code":"unavailable""#))
                #expect(try await exchange.rest() == [])
            }
            try await eventually { echo.cancelledCount == 1 }
        }
    }

    @Test(arguments: HTTPVersion.allCases)
    func `a stream is cancelled when its caller has left`(version: HTTPVersion) async throws {
        try await TestServer.run(version) { client, echo, _ in
            let head = self.head(client, "Count", "application/connect+proto")
            try await Exchange.open(version, port: client.port, head) { exchange in
                try await exchange.send(try Frame(note("sleep", "1")).wire)
                try await exchange.endRequest()
                _ = try await exchange.head()
                _ = try await exchange.frame()
            }
            try await eventually { echo.cancelledCount == 1 }
        }
    }

    @Test func `a handler waits for a slow reader`() async throws {
        try await TestServer.run(.two) { client, _, _ in
            let form = "application/connect+proto"
            try await Exchange.open(.two, port: client.port, self.head(client, "Count", form)) { exchange in
                // 40 MB, of which neither side keeps more than a window.
                try await exchange.send(try Frame(note("", "400", ["filler": "100000"])).wire)
                try await exchange.endRequest()
                _ = try await exchange.head()
                let bytes = try await exchange.rest()
                var rest = bytes
                let frames = Frame.take(&rest)
                #expect(frames.count == 401)
                #expect(frames.last == Frame(2, Array("{}".utf8)))
            }
        }
    }
}

extension Exchange {
    /// The next frame; frames of these tests come alone.
    mutating func frame() async throws -> Frame {
        var bytes: [UInt8] = []
        while let more = try await self.bytes() {
            bytes += more
            let frames = Frame.take(&bytes)
            if let frame = frames.first, frames.count == 1, bytes.isEmpty { return frame }
            if !frames.isEmpty { throw Failure.framesTogether }
        }
        throw Failure.noEnd
    }
}
