import Connect
import CoreMetrics
import HTTPTypes
import MetricsTestKit
import SwiftProtobuf
import Testing

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
            #expect(try self.count(metrics, method, rpcProtocol, code) == 1)
        }
        #expect(try self.count(metrics, "unknown", "connect", "unimplemented") == 2)
        let methods = metrics.counters.filter { $0.label == "tally_connect_calls_total" }.map { counter in
            counter.dimensions.first { $0.0 == "method" }?.1
        }
        #expect(Set(methods) == ["Echo", "Count", "unknown"])
        let routes = metrics.timers.compactMap { timer in timer.dimensions.first { $0.0 == "route" }?.1 }
        #expect(
            Set(routes) == ["/test.v1.EchoService/Echo", "/test.v1.EchoService/Count", "/test.v1.EchoService/{method}"]
        )
    }

    private func count(_ metrics: TestMetrics, _ method: String, _ rpcProtocol: String, _ code: String) throws -> Int64
    {
        let dimensions = [("service", Echo.name), ("method", method), ("protocol", rpcProtocol), ("code", code)]
        return try metrics.expectCounter("tally_connect_calls_total", dimensions).totalValue
    }
}
