import Connect
import HTTPTypes
import Support
import SwiftProtobuf
import Testing

struct LimitTests {
    @Test(arguments: HTTPVersion.allCases)
    func `a call that takes longer than its caller waits is cancelled`(version: HTTPVersion) async throws {
        try await TestServer.run(version) { client, echo, _ in
            let bare = try await client.unary("Echo", note("sleep"), [.connectTimeout: "30"])
            #expect(bare.status == 504)
            #expect(bare.code == "deadline_exceeded")
            try await eventually { echo.cancelledCount == 1 }
            let stream = try await client.framed(
                "Count",
                "application/connect+proto",
                [try Frame(note("sleep", "1"))],
                [.connectTimeout: "30"]
            )
            #expect(stream.code == "deadline_exceeded")
            try await eventually { echo.cancelledCount == 2 }
            for method in ["Echo", "Count", "Collect"] {
                let web = try await client.framed(
                    method,
                    "application/grpc-web",
                    [try Frame(note("sleep"))],
                    [.grpcTimeout: "30m"]
                )
                #expect(web.code == "deadline_exceeded")
            }
            try await eventually { echo.cancelledCount == 5 }
        }
    }

    @Test(arguments: HTTPVersion.allCases)
    func `no time at all is too little, and the connection stays`(version: HTTPVersion) async throws {
        try await TestServer.run(version) { client, echo, _ in
            for _ in 0..<50 {
                let answer = try await client.unary("Echo", note("sleep"), [.connectTimeout: "0"])
                #expect(answer.status == 504)
                #expect(answer.fields[.connection] == nil)
            }
            #expect(echo.sleepingCount == 0)
        }
    }

    @Test func `the server's own limit holds for who wants to wait longer`() async throws {
        var configuration = ConnectConfiguration()
        configuration.deadline = .milliseconds(30)
        try await TestServer.run(configuration: configuration) { client, echo, _ in
            #expect(try await client.unary("Echo", note("sleep")).code == "deadline_exceeded")
            let long = try await client.unary("Echo", note("sleep"), [.connectTimeout: "9999999999"])
            #expect(long.code == "deadline_exceeded")
            try await eventually { echo.cancelledCount == 2 }
            // A stream has only the time that its caller names.
            let stream = try await client.framed("Count", "application/connect+proto", [try Frame(note("", "1"))])
            #expect(stream.code == "ok")
        }
    }

    @Test func `a caller's time is known to the handler`() async throws {
        try await TestServer.run(.two) { client, _, _ in
            let answer = try await client.unary("Echo", note("", ""), [.connectTimeout: "2000"])
            #expect(try answer.message(Note.self).metadata["timeout"] == "\(Duration.seconds(2))")
            let frames = try await client.framed(
                "Echo",
                "application/grpc",
                [try Frame(note(""))],
                [.grpcTimeout: "2S"]
            )
            .frames
            #expect(try #require(frames.first).message(Note.self).metadata["timeout"] == "\(Duration.seconds(2))")
        }
    }

    @Test func `only so many unary calls are at work, and only so many streams are open`() async throws {
        var configuration = ConnectConfiguration()
        configuration.concurrentLimit = 1
        configuration.streamLimit = 1
        configuration.deadline = .seconds(600)
        try await TestServer.run(.two, configuration: configuration) { client, echo, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await client.unary("Echo", note("sleep")) }
                group.addTask { _ = try await client.framed("Count", "application/grpc", [try Frame(note("sleep"))]) }
                try await eventually("both are at work") { echo.sleepingCount == 2 }
                let call = try await client.unary("Echo", note("", ""))
                #expect(call.code == "unavailable")
                let web = try await client.framed("Echo", "application/grpc-web", [try Frame(note(""))])
                #expect(web.code == "unavailable")
                let stream = try await self.count(client)
                #expect(stream.code == "unavailable")
                group.cancelAll()
                while await group.nextResult() != nil {}
            }
            try await eventually { echo.cancelledCount == 2 }
            try await eventually("the places are free again") {
                let call = try await client.unary("Echo", note("", ""))
                let stream = try await self.count(client)
                return call.status == 200 && stream.code == "ok"
            }
        }
    }

    private func count(_ client: TestClient) async throws -> Answer {
        try await client.framed("Count", "application/connect+proto", [try Frame(note("", "1"))])
    }

    @Test func `a caller of HTTP 2 that stops reading is cut off, too`() async throws {
        var configuration = ConnectConfiguration()
        configuration.stallLimit = .milliseconds(50)
        configuration.streamLimit = 1
        try await TestServer.run(.two, configuration: configuration) { client, _, _ in
            let head = client.request("/\(Echo.name)/Count", [.contentType: "application/connect+proto"])
            try await Exchange.open(.two, port: client.port, head) { exchange in
                try await exchange.send(try Frame(note("", "1000", ["filler": "100000"])).wire)
                try await exchange.endRequest()
                _ = try await exchange.head()
                try await eventually("the place is free again") {
                    let stream = try await self.count(client)
                    return stream.code == "ok"
                }
            }
        }
    }

    @Test func `a caller that stops reading is cut off`() async throws {
        var configuration = ConnectConfiguration()
        configuration.stallLimit = .milliseconds(50)
        configuration.streamLimit = 1
        try await TestServer.run(configuration: configuration) { client, _, _ in
            let connection = try await RawConnection.open(port: client.port)
            try await connection.pauseReading()
            let message = #"{"domain":"1000","metadata":{"filler":"100000"}}"#
            try await connection.send(
                "POST /\(Echo.name)/Count HTTP/1.1\r\nHost: here\r\nContent-Type: application/connect+json\r\n"
                    + "Content-Length: \(message.utf8.count + 5)\r\n\r\n"
                    + String(decoding: Frame(0, Array(message.utf8)).wire, as: UTF8.self)
            )
            try await eventually("the place is free again") {
                let stream = try await self.count(client)
                return stream.code == "ok"
            }
            connection.close()
        }
    }
}
