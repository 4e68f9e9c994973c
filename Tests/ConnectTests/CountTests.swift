import Connect
import CoreMetrics
import HTTPTypes
import MetricsTestKit
import SwiftProtobuf
import Testing
import Web

struct CountTests {
    @Test func `calls are counted by names of ours, never by names of callers`() async throws {
        let metrics = TestMetrics()
        try await withMetricsFactory(metrics) {
            try await TestServer.run { client, _, _ in
                _ = try await client.unary("Echo", note("hello"))
                _ = try await client.unary("Echo", note("fail"))
                _ = try await client.framed("Echo", "application/grpc-web", [try Frame(note("hello"))])
                _ = try await client.framed("Count", "application/connect+proto", [try Frame(note("fail", "1"))])
                for name in ["First", "Second"] { _ = try await client.unary(name, note("")) }
                _ = try await client.unary("Echo", note(""), [.connectTimeout: "x"])
            }
        }
        let expected: [(String, String, String)] = [
            ("Echo", "connect", "ok"), ("Echo", "connect", "resource_exhausted"), ("Echo", "grpc_web", "ok"),
            ("Count", "connect", "resource_exhausted"), ("Echo", "connect", "invalid_argument"),
        ]
        for (method, rpcProtocol, code) in expected {
            let cause = code == "ok" ? AnswerCause.none : .caller
            #expect(try self.count(metrics, method, rpcProtocol, code, cause) == 1)
        }
        #expect(try self.count(metrics, "unknown", "connect", "unimplemented", .caller) == 2)
        let methods = metrics.counters.filter { $0.label == "tally_connect_calls_total" }.map { counter in
            counter.dimensions.first { $0.0 == "method" }?.1
        }
        #expect(Set(methods) == ["Echo", "Count", "unknown"])
        let routes = metrics.timers.compactMap { timer in timer.dimensions.first { $0.0 == "route" }?.1 }
        #expect(
            Set(routes) == ["/test.v1.EchoService/Echo", "/test.v1.EchoService/Count", "/test.v1.EchoService/{method}"]
        )
    }

    /// Callers that open calls and send nothing must not wake an operator.
    @Test(arguments: HTTPVersion.allCases)
    func `a message that does not come in the service's time is its caller's doing`(version: HTTPVersion) async throws {
        let metrics = TestMetrics()
        var configuration = ConnectConfiguration()
        configuration.deadline = .milliseconds(20)
        let hasty = configuration
        try await withMetricsFactory(metrics) {
            try await TestServer.run(version, configuration: hasty) { client, _, _ in
                let calls = [
                    ("Echo", "application/proto"), ("Echo", "application/grpc-web"), ("Count", "application/grpc-web"),
                    ("Count", "application/connect+proto"),
                ]
                for (method, type) in calls {
                    let head = client.request("/\(Echo.name)/\(method)", [.contentType: type, .contentLength: "9"])
                    let status = try await Exchange.open(version, port: client.port, head) {
                        try await $0.head().status
                    }
                    #expect(status.code == (type == "application/proto" ? 504 : 200))
                }
            }
        }
        let causes = metrics.timers.compactMap { timer in timer.dimensions.first { $0.0 == "cause" }?.1 }
        // A stream's answer is counted when it begins, before its cause is known.
        #expect(causes.contains(AnswerCause.caller.rawValue) && !causes.contains(AnswerCause.service.rawValue))
    }

    /// A call that its caller spoiled would else count against the budget of errors, and wake somebody.
    @Test(arguments: HTTPVersion.allCases)
    func `only what is ours is counted as the service's error`(version: HTTPVersion) async throws {
        let metrics = TestMetrics()
        var configuration = ConnectConfiguration()
        configuration.deadline = .seconds(60)
        let patient = configuration
        try await withMetricsFactory(metrics) {
            try await TestServer.run(version, configuration: patient) { client, _, _ in
                for type in ["application/grpc-web", "application/connect+proto"] {
                    let frames = [try Frame(note("break"))]
                    _ = try await client.framed(type.contains("grpc") ? "Echo" : "Count", type, frames)
                    _ = try await client.framed("Echo", type, [try Frame(note("")), Frame(0x40, [])])
                }
                #expect(try await client.unary("Echo", note("sleep"), [.connectTimeout: "0"]).status == 504)
                #expect(try await client.unary("Echo", note("sleep"), [.connectTimeout: "20"]).status == 504)
                #expect(try await client.unary("Unknown", note("")).status == 501)
                #expect(try await client.unary("Echo", note(""), [.contentEncoding: "br"]).status == 501)
                #expect(try await client.unary("Echo", note(""), [.ifNoneMatch: "*"]).status == 200)
                #expect(try await client.unary("Put", note(""), [.ifNoneMatch: "*"]).status == 400)
                #expect(try await client.unary("Echo", note("break")).status == 500)
            }
        }
        let ours = metrics.timers.filter { timer in
            timer.dimensions.contains { $0 == ("cause", AnswerCause.service.rawValue) }
        }
        let statuses = ours.compactMap { timer in timer.dimensions.first { $0.0 == "status" }?.1 }
        // Of gRPC, too, whose errors have the status of what was done.
        #expect(Set(statuses) == ["200", "500"])
        #expect(ours.map(\.values.count).reduce(0, +) == 2)
        let calls = metrics.counters.filter { $0.dimensions.contains { $0 == ("cause", "service") } }
        #expect(calls.map(\.totalValue).reduce(0, +) == 3)
        #expect(calls.allSatisfy { $0.dimensions.contains { $0 == ("code", "internal") } })
    }

    @Test func `who gives us less time than we take is the cause of its end, and nobody else`() async throws {
        for (own, cause) in [(60, AnswerCause.caller), (0, .service)] {
            let metrics = TestMetrics()
            var configuration = ConnectConfiguration()
            configuration.deadline = own == 0 ? .milliseconds(20) : .seconds(own)
            let limited = configuration
            try await withMetricsFactory(metrics) {
                try await TestServer.run(configuration: limited) { client, _, _ in
                    _ = try await client.unary("Echo", note("sleep"), [.connectTimeout: "30"])
                }
            }
            #expect(try self.count(metrics, "Echo", "connect", "deadline_exceeded", cause) == 1)
        }
    }

    private func count(
        _ metrics: TestMetrics,
        _ method: String,
        _ rpcProtocol: String,
        _ code: String,
        _ cause: AnswerCause
    ) throws -> Int64 {
        let dimensions = [
            ("service", Echo.name), ("method", method), ("protocol", rpcProtocol), ("code", code),
            ("cause", cause.rawValue),
        ]
        return try metrics.expectCounter("tally_connect_calls_total", dimensions).totalValue
    }
}
