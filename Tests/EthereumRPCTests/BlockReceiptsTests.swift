import Ethereum
import EthereumRPC
import Support
import Testing

/// Receipts of whole blocks, from nodes that have them.
@Suite
struct BlockReceiptsTests {
    private static func receipt(_ number: UInt64, block: UInt64) -> String {
        "{\"transactionHash\":\"\(ScriptedNode.hash(number))\",\"status\":\"0x1\",\"gasUsed\":\"0x5208\","
            + "\"blockNumber\":\"0x\(String(block, radix: 16))\",\"blockHash\":\"\(ScriptedNode.hash(block))\"}"
    }

    /// Ten transactions in block 50 and as many in block 51.
    private func node() async throws -> ScriptedNode {
        try await ScriptedNode { script in
            script.reply = { calls, script in
                .items(
                    calls.map { call in
                        var receipts: [String] = []
                        switch (call.method, call.text) {
                        case ("eth_getBlockReceipts", "0x32"): receipts = (1...10).map { Self.receipt($0, block: 50) }
                        case ("eth_getBlockReceipts", "0x33"): receipts = (11...20).map { Self.receipt($0, block: 51) }
                        case ("eth_getTransactionReceipt", _):
                            return "{\"id\":\(call.id),\"result\":\(Self.receipt(21, block: 52))}"
                        default: return script.item(call)
                        }
                        return "{\"id\":\(call.id),\"result\":[\(receipts.joined(separator: ","))]}"
                    }
                )
            }
        }
    }

    @Test
    func `two blocks tell of all that is in them, and only the rest is asked for one by one`() async throws {
        let node = try await self.node()
        try await withNodes([node]) { nodes in
            let hashes = (1...21).map { Hash32(numbered: $0) }
            let receipts = try await nodes.test.receipts(hashes, in: [50, 51])
            #expect(receipts.map { try? $0.get()?.transaction } == hashes)
            let blocks = try receipts.map { try $0.get()?.blockNumber }
            #expect(blocks == Array(repeating: 50, count: 10) + Array(repeating: 51, count: 10) + [52])
            #expect(node.calls("eth_getBlockReceipts").count == 2)
            #expect(node.calls("eth_getTransactionReceipt").map(\.text) == [ScriptedNode.hash(21)])
        }
    }

    @Test
    func `a node without the method is asked once`() async throws {
        let node = try await ScriptedNode { $0.members["eth_getTransactionReceipt"] = "\"result\":null" }
        try await withNodes([node]) { nodes in
            let hashes = (1...9).map { Hash32(numbered: $0) }
            for _ in 0..<3 {
                let receipts = try await nodes.test.receipts(hashes, in: [50])
                #expect(receipts == hashes.map { _ in .success(nil) })
            }
            #expect(node.calls("eth_getBlockReceipts").count == 1)
            #expect(node.calls("eth_getTransactionReceipt").count == 27)
        }
    }

    @Test
    func `a block that cannot be told is asked for one by one, and the next one by block again`() async throws {
        let node = try await self.node()
        try await withNodes([node]) { nodes in
            let hashes = (1...10).map { Hash32(numbered: $0) }
            node.change { script in
                script.members["eth_getTransactionReceipt"] = "\"result\":null"
                script.members["eth_getBlockReceipts"] = "\"error\":{\"code\":-32000,\"message\":\"header not found\"}"
                script.reply = nil
            }
            #expect(try await nodes.test.receipts(hashes, in: [50]) == hashes.map { _ in .success(nil) })
            _ = try await nodes.test.receipts(hashes, in: [50])
            #expect(node.calls("eth_getBlockReceipts").count == 2)
        }
    }

    @Test
    func `blocks that are mostly others' are left alone for a while, and few receipts are asked for one by one`() {
        var use = BlockReceiptsUse()
        let answers = [(3, 2), (9, 0), (900, 257), (10, 1)].map { use.isWanted(receipts: $0, blocks: $1) }
        #expect(answers == [false, false, false, true])
        use.told(receipts: 300, ours: 10)
        var refusals = 0
        while !use.isWanted(receipts: 10, blocks: 1) { refusals += 1 }
        #expect(refusals == 64)
        use.told(receipts: 80, ours: 10)
        let isWantedAgain = use.isWanted(receipts: 10, blocks: 1)
        #expect(isWantedAgain)
        use.lacks()
        let isWantedInVain = use.isWanted(receipts: 1000, blocks: 1)
        #expect(!isWantedInVain)
    }
}
