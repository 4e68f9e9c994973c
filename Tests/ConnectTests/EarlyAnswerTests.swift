import Connect
import HTTPTypes
import NIOCore
import Support
import SwiftProtobuf
import Testing
import Web

/// Answers that are ready before their request is whole.
///
/// A client such as Go's stops sending when an answer begins, and loses both with its connection.
struct EarlyAnswerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var path = "/\(Echo.name)/Echo"
        var fields = "Content-Type: application/proto\r\n"
        var host = "here"
        let status: Int
        var testDescription: String { "\(self.path) \(self.fields)\(self.host)" }
    }

    static let cases = [
        Case(path: "/\(Echo.name)/Nothing", status: 501),
        Case(fields: "Content-Type: image/png\r\n", status: 415),
        Case(fields: "Content-Type: application/proto\r\nContent-Encoding: br\r\n", status: 501),
        Case(fields: "Content-Type: application/json\r\nConnect-Timeout-Ms: soon\r\n", status: 400),
        Case(path: "/\(Echo.name)/Nothing", fields: "Content-Type: application/grpc-web\r\n", status: 200),
        Case(fields: "Content-Type: application/grpc-web+json\r\nGrpc-Encoding: br\r\n", status: 200),
        Case(
            path: "/\(Echo.name)/Count",
            fields: "Content-Type: application/connect+proto\r\nConnect-Content-Encoding: br\r\n",
            status: 200
        ),
        Case(path: "/nothing/here", status: 404), Case(path: "//", status: 404), Case(host: "no host", status: 400),
    ]

    @Test(arguments: Self.cases)
    func `an answer that is early waits until a small request is whole`(_ example: Case) async throws {
        try await TestServer.run(web: TestServer.web { $0.lingerTimeout = .seconds(60) }) { client, _, _ in
            let connection = try await RawConnection.open(port: client.port)
            let half = String(repeating: "x", count: 50_000)
            for number in 1...2 {
                try await connection.send(
                    "POST \(example.path) HTTP/1.1\r\nHost: \(example.host)\r\n\(example.fields)"
                        + "Content-Length: 100000\r\n\r\n\(half)"
                )
                // The server has had the time for others, so it has had it for this one.
                for _ in 0..<3 { _ = try await client.unary("Echo", note("")) }
                #expect(statuses(connection.received).count == number - 1, "an answer to half a request")
                try await connection.send(half)
                let answer = try await connection.read { statuses($0).count == number && $0.contains("\r\n\r\n") }
                #expect(statuses(answer).last == example.status)
                // A request that the listener refuses by itself is the connection's last.
                guard !answer.lowercased().contains("connection: close") else { break }
            }
            connection.close()
        }
    }

    @Test func `an answer does not wait for a large request, and for a slow one not for long`() async throws {
        try await TestServer.run(web: TestServer.web { $0.lingerTimeout = .milliseconds(50) }) { client, _, _ in
            for length in ["1000", "400000", "4000000000"] {
                let connection = try await RawConnection.open(port: client.port)
                try await connection.send(
                    "POST /\(Echo.name)/Nothing HTTP/1.1\r\nHost: here\r\nContent-Type: application/proto\r\n"
                        + "Content-Length: \(length)\r\n\r\nx"
                )
                let answer = try await connection.readToEnd()
                #expect(statuses(answer) == [501])
                // Nobody may think that the connection goes on.
                #expect(answer.lowercased().contains("\r\nconnection: close\r\n"))
            }
            let endless = try await RawConnection.open(port: client.port)
            try await endless.send(
                "POST /\(Echo.name)/Nothing HTTP/1.1\r\nHost: here\r\nContent-Type: application/proto\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n"
            )
            let chunk = "8000\r\n\(String(repeating: "x", count: 0x8000))\r\n"
            for _ in 0..<9 { try await endless.send(chunk) }
            let answer = try await endless.readToEnd()
            #expect(statuses(answer) == [501])
            #expect(answer.lowercased().contains("\r\nconnection: close\r\n"))
        }
    }

    /// Reading the body was cancelled, and with it all that comes behind on the connection.
    @Test(arguments: [
        ("Echo", "application/proto", "Connect-Timeout-Ms: 1"), ("Echo", "application/grpc-web", "Grpc-Timeout: 1m"),
        ("Echo", "application/json", "Connect-Timeout-Ms: 1"), ("Count", "application/grpc-web", "Grpc-Timeout: 1n"),
        ("Count", "application/connect+proto", "Connect-Timeout-Ms: 1"),
    ])
    func `a time-out before the body tells that the connection ends`(
        method: String,
        type: String,
        timeout: String
    ) async throws {
        try await TestServer.run(web: TestServer.web { $0.lingerTimeout = .seconds(60) }) { client, _, _ in
            let connection = try await RawConnection.open(port: client.port)
            try await connection.send(
                "POST /\(Echo.name)/\(method) HTTP/1.1\r\nHost: here\r\nContent-Type: \(type)\r\n\(timeout)\r\n"
                    + "Content-Length: 100000\r\n\r\n"
            )
            for _ in 0..<3 { _ = try await client.unary("Echo", note("")) }
            try await connection.send(String(repeating: "x", count: 100_000))
            let answer = try await connection.read { $0.contains("\r\n\r\n") }
            #expect(statuses(answer).count == 1)
            #expect(answer.lowercased().contains("\r\nconnection: close\r\n"), "\(answer)")
            connection.close()
        }
    }

    /// Nobody began to read the body: it is passed over, and the next request is behind it.
    @Test(arguments: [
        ("Echo", "application/json", "Connect-Timeout-Ms: 0"), ("Echo", "application/grpc-web", "Grpc-Timeout: 0m"),
        ("Count", "application/grpc-web", "Grpc-Timeout: 0n"),
        ("Count", "application/connect+proto", "Connect-Timeout-Ms: 0"),
    ])
    func `no time at all ends the call, and its connection goes on`(
        method: String,
        type: String,
        timeout: String
    ) async throws {
        try await TestServer.run { client, echo, _ in
            let connection = try await RawConnection.open(port: client.port)
            try await connection.send(
                "POST /\(Echo.name)/\(method) HTTP/1.1\r\nHost: here\r\nContent-Type: \(type)\r\n\(timeout)\r\n"
                    + "Content-Length: 1000\r\n\r\n"
            )
            for _ in 0..<3 { _ = try await client.unary("Echo", note("")) }
            try await connection.send(String(repeating: "x", count: 1000))
            try await connection.send("GET /none HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
            let answer = try await connection.readToEnd()
            #expect(statuses(answer).count == 2 && statuses(answer).last == 404, "\(answer)")
            connection.close()
        }
    }

    @Test(arguments: HTTPVersion.allCases)
    func `what the listener refuses of a call is told in the caller's protocol`(version: HTTPVersion) async throws {
        try await TestServer.run(version, web: TestServer.web { $0.targetLimit = 256 }) { client, _, _ in
            let long = String(repeating: "a", count: 300)
            let get = try await client.send("/\(Echo.name)/Echo?encoding=json&message=%22\(long)%22", method: .get)
            #expect(get.status == 429)
            #expect(get.code == "resource_exhausted")
            for form in ["application/proto", "application/json"] {
                let bare = try await client.send("/\(Echo.name)/Echo?x=\(long)", [.contentType: form], [])
                #expect(bare.code == "resource_exhausted")
            }
            for form in FramedTests.forms {
                let path = "/\(Echo.name)/Count?x=\(long)"
                let framed = try await client.send(path, [.contentType: form, .te: "trailers"], [])
                #expect(framed.status == 200)
                #expect(framed.code == "resource_exhausted")
            }
        }
    }

    @Test(arguments: HTTPVersion.allCases)
    func `each message of a stream may be as long as the limit`(version: HTTPVersion) async throws {
        var configuration = ConnectConfiguration()
        configuration.messageLimit = 2000
        try await TestServer.run(version, configuration: configuration) { client, _, _ in
            let message = try PackingTests.message(ofLength: 2000)
            let many = try (0..<100).map { _ in try Frame(message) }
            for form in ["application/connect+proto", "application/grpc-web"] {
                let answer = try await client.framed("Collect", form, many)
                #expect(answer.code == "ok")
            }
            let long = try Frame(try PackingTests.message(ofLength: 2001))
            for form in ["application/connect+proto", "application/grpc-web"] {
                let answer = try await client.framed("Collect", form, many + [long])
                #expect(answer.code == "resource_exhausted")
            }
        }
    }
}
