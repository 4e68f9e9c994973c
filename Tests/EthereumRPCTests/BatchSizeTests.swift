import Ethereum
import EthereumRPC
import Support
import Testing

/// How many calls go out at once: what the settings allow, and what the node takes.
@Suite
struct BatchSizeTests {
    @Test(arguments: [1, 2, 3, 6, 20, 99, 100, 1000])
    func `a node's limit is found, and then seldom exceeded`(limit: Int) {
        var size = BatchSize(limit: 100)
        var refusals = 0
        for round in 0..<20_000 {
            let count = size.size
            guard count <= limit || count == 1 else {
                let isSmaller = size.refused(count)
                #expect(isSmaller)
                if round > 1000 { refusals += 1 }
                continue
            }
            size.answered(count)
        }
        #expect(size.size >= min(100, limit) * 7 / 8)
        #expect(refusals < 40, "\(refusals)")
    }

    @Test
    func `a single call is never too many, and a batch that was as large as two before shrinks once`() {
        var size = BatchSize(limit: 100)
        let answers = [1, 100, 100].map { size.refused($0) }
        #expect(answers == [false, true, true])
        #expect(size.size == 50)
    }

    @Test
    func `a node that takes fewer than before is followed`() {
        var size = BatchSize(limit: 64)
        size.answered(64)
        while size.size > 7 {
            let isSmaller = size.refused(size.size)
            #expect(isSmaller)
        }
        size.answered(size.size)
        #expect((4...7).contains(size.size))
    }

    /// The answers of nodes and gateways to a batch that is too large.
    static let refusals = [
        "{\"id\":null,\"error\":{\"code\":-32600,\"message\":\"batch too large\"}}",
        "[{\"id\":0,\"error\":{\"code\":-32600,\"message\":\"batch too large\"}}]",
        "{\"id\":null,\"error\":{\"code\":-32005,\"message\":\"Number of requests in batch exceeds max batch size\"}}",
        "{\"error\":{\"code\":-32010,\"message\":\"The batch request was too large\"},\"id\":null}",
        #"{"id":null,"error":{"code":31,"message":"Batch of more than 3 requests are not allowed on free tier"}}"#,
        "every", "413",
    ]

    /// A node that takes `limit` calls at once.
    private func node(_ limit: Int, _ refusal: String) async throws -> ScriptedNode {
        try await ScriptedNode { script in
            script.members["eth_getTransactionReceipt"] = "\"result\":null"
            script.members["eth_maxPriorityFeePerGas"] = "\"result\":\"0x1\""
            script.reply = { calls, _ in
                guard calls.count > limit else { return nil }
                switch refusal {
                case "413": return .http(413, body: "<html>too large</html>")
                case "every":
                    let error = "\"error\":{\"code\":-32000,\"message\":\"batch limit exceeded\"}"
                    return .items(calls.map { "{\"id\":\($0.id),\(error)}" })
                default: return .http(200, body: refusal)
                }
            }
        }
    }

    @Test(arguments: Self.refusals, [1, 2, 3, 20])
    func `whatever a node takes at once, everything is asked and sent once`(refusal: String, limit: Int) async throws {
        let node = try await self.node(limit, refusal)
        try await withNodes([node]) { nodes in
            #expect(nodes.report.nodes[0].status == .healthy)
            let snapshot = try await nodes.test.snapshot(of: .zero)
            #expect(snapshot.head.number == 100 && snapshot.nonce == 7 && snapshot.priorityFee == Wei(1))
            let hashes = (1...30).map { Hash32(numbered: $0) }
            #expect(try await nodes.test.receipts(hashes).count == 30)
            node.forget()
            let raws = (10..<40).map { "0x\($0)" }
            let outcomes = await nodes.test.submit(raws)
            #expect(outcomes.allSatisfy { $0.isWithNode })
            let carried = node.batches.filter { $0.count <= limit }.joined().filter(\.isSending)
            #expect(carried.map(\.text) == raws)
        }
    }

    @Test(arguments: 1...7)
    func `a look has no more calls at once than the settings say`(limit: Int) async throws {
        let node = try await ScriptedNode()
        try await withNodes([node]) {
            $0.batchLimit = limit
        } body: { nodes in
            let snapshot = try await nodes.test.snapshot(of: .zero)
            #expect(snapshot.head.number == 100 && snapshot.nonce == 7)
            #expect(node.batches.allSatisfy { $0.count <= limit })
            // Each part asks which chain it is.
            #expect(node.batches.count { batch in batch.contains { $0.isGenesis } } >= 6 / max(1, limit - 1))
        }
    }

    @Test
    func `what stands behind a gap is not sent in a smaller batch either`() async throws {
        let node = try await ScriptedNode { script in
            script.reply = { calls, script in
                guard calls.isSending else { return nil }
                guard calls.count <= 3 else { return .http(413, body: "") }
                let isFirst = calls.contains { $0.text == "0x10" }
                let words = "\"error\":{\"code\":-32000,\"message\":\"nonce too high\"}"
                return .items(
                    calls.map { call in
                        isFirst && call.text == "0x11" ? "{\"id\":\(call.id),\(words)}" : script.item(call)
                    }
                )
            }
        }
        try await withNodes([node]) { nodes in
            let outcomes = await nodes.test.submit(["0x10", "0x11", "0x12", "0x13", "0x14"])
            #expect(outcomes[0].isWithNode)
            #expect(outcomes[1] == .nonceTooHigh)
            #expect(outcomes[2...].allSatisfy { $0 == .notSent(.notReached) })
        }
    }

    @Test
    func `a transaction's refusal is none of its batch`() {
        for text in ["nonce too low", "exceeds block gas limit", "txpool is full", "batch rate limit exceeded"] {
            #expect(!RPCRefusal(code: -32000, text: text).isBatchTooLarge, "\(text)")
        }
        for text in ["batch limit 100 exceeded (can increase by --rpc.batch.limit)", "Max batch size reached"] {
            #expect(RPCRefusal(code: -32000, text: text).isBatchTooLarge, "\(text)")
        }
    }
}
