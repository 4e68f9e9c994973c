import Connect
import HTTPTypes
import Support
import Testing
import Web

/// The places that calls take, and those that they leave to other calls.
struct PlaceTests {
    private static let watch = "/grpc.health.v1.Health/Watch"

    private func count(_ client: TestClient) async throws -> String {
        try await client.framed("Count", "application/connect+proto", [try Frame(note("", "1"))]).code
    }

    @Test(arguments: HTTPVersion.allCases)
    func `a stream takes its place when its message has come`(version: HTTPVersion) async throws {
        var configuration = ConnectConfiguration()
        configuration.streamLimit = 1
        configuration.concurrentLimit = 1
        configuration.deadline = .seconds(600)
        try await TestServer.run(version, configuration: configuration) { client, echo, _ in
            let head = client.request("/\(Echo.name)/Count", [.contentType: "application/connect+proto"])
            let unary = client.request("/\(Echo.name)/Put", [.contentType: "application/proto"])
            try await Exchange.open(version, port: client.port, head) { first in
                try await Exchange.open(version, port: client.port, unary) { _ in
                    // Both have begun: what came behind them on another connection is answered.
                    for _ in 0..<3 {
                        let count = try await self.count(client)
                        #expect(count == "ok")
                        let put = try await client.unary("Put", note("", ""))
                        #expect(put.status == 200)
                    }
                    #expect(echo.seen.count == 3)
                }
                try await first.send(try Frame(note("", "2")).wire)
                try await first.endRequest()
                _ = try await first.head()
                var rest = try await first.rest()
                #expect(Frame.take(&rest).count == 3)
            }
        }
    }

    @Test func `a message that never comes ends its stream`() async throws {
        var configuration = ConnectConfiguration()
        configuration.deadline = .milliseconds(200)
        try await TestServer.run(.two, configuration: configuration) { client, _, _ in
            let head = client.request("/\(Echo.name)/Count", [.contentType: "application/connect+json"])
            try await Exchange.open(.two, port: client.port, head) { exchange in
                _ = try await exchange.head()
                let rest = String(decoding: try await exchange.rest(), as: UTF8.self)
                #expect(rest.contains("deadline_exceeded"))
            }
        }
    }

    @Test func `watches of health take no place of other streams, and have few of their own`() async throws {
        var configuration = ConnectConfiguration()
        configuration.streamLimit = 1
        configuration.healthStreamLimit = 1
        try await TestServer.run(.two, configuration: configuration) { client, _, _ in
            let head = client.request(Self.watch, [.contentType: "application/grpc"])
            try await Exchange.open(.two, port: client.port, head) { first in
                try await first.send(try Frame(Grpc_Health_V1_HealthCheckRequest()).wire)
                try await first.endRequest()
                _ = try await first.head()
                _ = try await first.frame()
                let count = try await self.count(client)
                #expect(count == "ok")
                try await Exchange.open(.two, port: client.port, head) { second in
                    try await second.send(try Frame(Grpc_Health_V1_HealthCheckRequest()).wire)
                    try await second.endRequest()
                    let head = try await second.head()
                    #expect(head.headerFields[.grpcStatus] == "14")
                }
            }
        }
    }
}
