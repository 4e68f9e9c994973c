import Ethereum
import EthereumRPC
import Outbound
import Support
import Testing

@Suite
struct SubmitTests {
    private let accepted = SubmitOutcome.accepted(Hash32(numbered: 0xFEED))

    private static func refused(_ text: String) -> String { "\"error\":{\"code\":-32000,\"message\":\"\(text)\"}" }

    @Test
    func `transactions go out in their order, in one batch`() async throws {
        let node = try await ScriptedNode()
        let raws = (0..<60).map { "0x\($0 + 10)" }
        try await withNodes([node]) { nodes in
            #expect(await nodes.test.submit(raws) == raws.map { _ in self.accepted })
            #expect(node.batches.count == 1)
            #expect(node.calls("eth_sendRawTransaction").map(\.text) == raws)
            #expect(await nodes.test.submit([]).isEmpty)
        }
    }

    @Test
    func `each transaction has its own outcome, whatever order the answers have`() async throws {
        let node = try await ScriptedNode { script in
            script.reply = { calls, script in
                guard calls.isSending else { return nil }
                let items = calls.compactMap { call -> String? in
                    switch call.text {
                    case "0x02": "{\"id\":\(call.id),\(Self.refused("already known"))}"
                    case "0x03": nil
                    case "0x04": "{\"id\":\(call.id),\(Self.refused("Nonce too high. Expected 3"))}"
                    default: script.item(call)
                    }
                }
                return .items(items.reversed() + [items[1], "{\"id\":99,\"result\":\"0x0\"}"])
            }
        }
        try await withNodes([node]) { nodes in
            let outcomes = await nodes.test.submit(["0x01", "0x02", "0x03", "0x04", "0x05"])
            // The first one's answer came twice.
            #expect(
                outcomes == [
                    .unknown(.fault(.malformed)), .alreadyKnown, .unknown(.fault(.missing)), .nonceTooHigh,
                    self.accepted,
                ]
            )
        }
    }

    @Test
    func `what stands behind a gap is not sent`() async throws {
        let node = try await ScriptedNode { script in
            script.reply = { calls, script in
                guard calls.isSending else { return nil }
                return .items(
                    calls.map { call in
                        ["0x05", "0x06"].contains(call.text)
                            ? "{\"id\":\(call.id),\(Self.refused("nonce too high"))}" : script.item(call)
                    }
                )
            }
        }
        try await withNodes([node]) {
            $0.batchLimit = 4
        } body: { nodes in
            let outcomes = await nodes.test.submit((1...9).map { "0x0\($0)" })
            let expected = Array(repeating: self.accepted, count: 4) + [.nonceTooHigh, .nonceTooHigh]
            #expect(outcomes == expected + Array(repeating: .notSent(.notReached), count: 3))
            #expect(node.calls("eth_sendRawTransaction").map(\.text) == (1...6).map { "0x0\($0)" })
        }
    }

    @Test
    func `the next node gets what the first did not answer`() async throws {
        let first = try await ScriptedNode()
        let second = try await ScriptedNode()
        try await withNodes([first, second]) { nodes in
            first.change { $0.reply = { calls, _ in calls.isSending ? .http(502, body: "<html>") : nil } }
            #expect(await nodes.test.submit(["0x01"]) == [self.accepted])
            #expect(first.calls("eth_sendRawTransaction").count == 1)
            #expect(second.calls("eth_sendRawTransaction").count == 1)
        }
    }

    @Test
    func `a connection that breaks is not tried again with the same node`() async throws {
        let node = try await ScriptedNode()
        try await withNodes([node]) { nodes in
            node.change { $0.reply = { _, _ in .reset } }
            #expect(await nodes.test.submit(["0x01"]) == [.unknown(.outcomeUnknown(.reset))])
            #expect(node.batches.count == 1)
            #expect(nodes.report.nodes[0].status == .failing)
        }
    }

    @Test
    func `a limited node is left alone, and what it did take counts`() async throws {
        let node = try await ScriptedNode { script in
            script.reply = { calls, script in
                guard calls.isSending else { return nil }
                return .items(
                    calls.map {
                        $0.text == "0x02" ? "{\"id\":\($0.id),\(Self.refused("rate limit"))}" : script.item($0)
                    }
                )
            }
        }
        try await withNodes([node]) { nodes in
            #expect(await nodes.test.submit(["0x01", "0x02"]) == [self.accepted, .rateLimited])
            #expect(nodes.report.nodes[0].status == .failing)
        }
    }

    @Test
    func `other nodes get it too when that is wanted, and do not change the outcome`() async throws {
        let first = try await ScriptedNode()
        let second = try await ScriptedNode { $0.members["eth_sendRawTransaction"] = Self.refused("already known") }
        let third = try await ScriptedNode { $0.chainID = 1 }
        for wanted in [false, true] {
            second.forget()
            try await withNodes([first, second, third]) {
                $0.broadcastsToAll = wanted
            } body: { nodes in
                #expect(await nodes.test.submit(["0x01", "0x02"]) == [self.accepted, self.accepted])
                #expect(first.calls("eth_sendRawTransaction").count == 2)
                #expect(second.calls("eth_sendRawTransaction").map(\.text) == (wanted ? ["0x01", "0x02"] : []))
                #expect(third.calls("eth_sendRawTransaction").isEmpty)
            }
        }
    }
}
