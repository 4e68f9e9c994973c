import CoreMetrics
import Ethereum
import EthereumRPC
import Logging
import MetricsTestKit
import Outbound
import Testing

@Suite
struct RPCMetricsTests {
    @Test
    func `calls are counted by method and outcome, and nodes by number`() async throws {
        let metrics = TestMetrics()
        let node = try await ScriptedNode { script in
            script.reply = { calls, script in
                guard calls.isSending else { return nil }
                return .items(
                    calls.filter { $0.text != "0x03" }.map { call in
                        let refusal = "{\"id\":\(call.id),\"error\":{\"code\":1,\"message\":\"nonce too low\"}}"
                        return call.text == "0x02" ? refusal : script.item(call)
                    }
                )
            }
        }
        let limits = OutboundConfiguration(policy: try EndpointPolicy(allowing: []))
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let endpoints = [try node.endpoint, try Endpoint(trusted: "http://127.0.0.1:9/key")]
        let (outbound, nodes) = withMetricsFactory(metrics) {
            let outbound = OutboundClient(configuration: limits, logger: logger)
            let configuration = RPCConfiguration(nodes: endpoints)
            return (outbound, EthereumNodes(configuration: configuration, outbound: outbound, logger: logger))
        }
        await withTaskGroup(of: Void.self) { group in
            // It ends when it is cancelled, and there is nobody to tell.
            group.addTask { try? await outbound.run() }
            defer { group.cancelAll() }

            nodes.use(.test)
            await nodes.probe()
            _ = await nodes.test.submit(["0x01", "0x02", "0x03", "0x04"])
        }
        for (outcome, count) in [("answered", 2), ("refused", 1), ("missing", 1), ("failed", 0)] as [(String, Int64)] {
            let dimensions = [("method", "eth_sendRawTransaction"), ("outcome", outcome)]
            let counter = try metrics.expectCounter("tally_rpc_requests_total", dimensions)
            #expect(counter.totalValue == count, "\(outcome)")
        }
        let failed = [("method", "eth_chainId"), ("outcome", "failed")]
        #expect(try metrics.expectCounter("tally_rpc_requests_total", failed).totalValue == 1)
        let duration = [("method", "eth_sendRawTransaction")]
        #expect(try metrics.expectTimer("tally_rpc_duration_seconds", duration).values.count == 1)
        #expect(try metrics.expectGauge("tally_rpc_node_up", [("node", "0")]).lastValue == 1)
        #expect(try metrics.expectGauge("tally_rpc_node_up", [("node", "1")]).lastValue == 0)
        #expect(try metrics.expectGauge("tally_rpc_node_lag_blocks", [("node", "0")]).lastValue == 0)
    }
}
