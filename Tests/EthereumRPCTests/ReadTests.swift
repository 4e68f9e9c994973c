import Ethereum
import EthereumRPC
import JSON
import Support
import Testing

@Suite
struct ReadTests {
    private let sender = Address.zero

    private static func receipt(_ hash: String, status: Int = 1, more: String = "") -> String {
        "{\"transactionHash\":\"\(hash)\",\"status\":\"0x\(status)\",\"blockNumber\":\"0x64\","
            + "\"blockHash\":\"\(ScriptedNode.hash(100))\",\"gasUsed\":\"0x5208\"\(more)}"
    }

    @Test
    func `a snapshot is one batch`() async throws {
        let node = try await ScriptedNode {
            $0.members["eth_maxPriorityFeePerGas"] = "\"result\":\"0x1\""
        }
        try await withNodes([node]) { nodes in
            let snapshot = try await nodes.test.snapshot(of: self.sender)
            #expect(snapshot.head.number == 100)
            #expect(snapshot.head.hash == Hash32(numbered: 100))
            #expect(snapshot.head.parent == Hash32(numbered: 99))
            #expect(snapshot.head.timestamp == 0x6500_0000)
            #expect(snapshot.head.baseFee == Wei(1_000_000_000))
            #expect(snapshot.nonce == 7)
            #expect(snapshot.pendingNonce == 7)
            #expect(snapshot.balance == Wei(1_000_000_000_000_000_000))
            #expect(snapshot.gasPrice == Wei(1_000_000_000))
            #expect(snapshot.priorityFee == Wei(1))
            #expect(node.batches.count == 1)
            let tags = node.calls("eth_getTransactionCount").map(\.parameters.last)
            #expect(tags == [.string("latest"), .string("pending")])
        }
    }

    @Test
    func `prices that a chain does not have are no error`() async throws {
        let node = try await ScriptedNode {
            $0.members["eth_gasPrice"] = "\"error\":{\"code\":-32601,\"message\":\"no such method\"}"
        }
        try await withNodes([node]) { nodes in
            let snapshot = try await nodes.test.snapshot(of: self.sender)
            #expect(snapshot.gasPrice == nil)
            #expect(snapshot.priorityFee == nil)
            _ = try await nodes.test.snapshot(of: self.sender, wantsPriorityFee: false)
            #expect(node.calls("eth_maxPriorityFeePerGas").count == 1)
        }
    }

    @Test(arguments: ["eth_getTransactionCount", "eth_getBalance"])
    func `a snapshot without nonce or balance is none`(_ method: String) async throws {
        for member in ["\"result\":null", "\"result\":\"7\"", "\"result\":7", "\"result\":\"0x\""] {
            let node = try await ScriptedNode { $0.members[method] = member }
            try await withNodes([node]) { nodes in
                let error = await failure { () async throws(NodeError) in try await nodes.test.snapshot(of: self.sender)
                }
                #expect(error == .fault(.malformed), "\(member)")
            }
        }
    }

    @Test
    func `each receipt stands for itself`() async throws {
        let node = try await ScriptedNode { script in
            script.reply = { calls, script in
                guard calls.contains(where: { $0.method == "eth_getTransactionReceipt" }) else { return nil }
                let items = calls.compactMap { call -> String? in
                    let result: String
                    switch call.text {
                    case ScriptedNode.hash(1):
                        result = Self.receipt(call.text, more: ",\"effectiveGasPrice\":\"0x2\",\"logs\":[]")
                    case ScriptedNode.hash(2): result = Self.receipt(call.text, status: 0)
                    case ScriptedNode.hash(3): result = "null"
                    case ScriptedNode.hash(4): result = "{\"transactionHash\":\"\(call.text)\",\"blockNumber\":null}"
                    case ScriptedNode.hash(5): result = Self.receipt(ScriptedNode.hash(1))
                    case ScriptedNode.hash(6): result = Self.receipt(call.text, status: 2)
                    case ScriptedNode.hash(7): return nil
                    default: return script.item(call)
                    }
                    return "{\"id\":\(call.id),\"result\":\(result)}"
                }
                return .items(items.reversed())
            }
        }
        try await withNodes([node]) { nodes in
            let receipts = try await nodes.test.receipts((1...7).map { Hash32(numbered: $0) })
            let first = try #require(try receipts[0].get())
            #expect(first.transaction == Hash32(numbered: 1))
            #expect(first.isSuccess)
            #expect(first.blockNumber == 100)
            #expect(first.blockHash == Hash32(numbered: 100))
            #expect(first.gasUsed == 21000)
            #expect(first.gasPrice == Wei(2))
            #expect(try receipts[1].get()?.isSuccess == false)
            #expect(receipts[2] == .success(nil))
            #expect(receipts[3] == .success(nil))
            #expect(receipts[4] == .failure(.malformed))
            #expect(receipts[5] == .failure(.malformed))
            #expect(receipts[6] == .failure(.missing))
        }
    }

    @Test
    func `a block tells of its transactions`() async throws {
        let transfer =
            "{\"hash\":\"\(ScriptedNode.hash(9))\",\"from\":\"\(Address.zero.text)\",\"to\":null,\"nonce\":\"0x3\","
            + "\"value\":\"0xde0b6b3a7640000\",\"blockNumber\":\"0x64\",\"gas\":\"0x5208\"}"
        let node = try await ScriptedNode {
            let block = ScriptedNode.block(100, hash: ScriptedNode.hash(100), more: transfer)
            $0.members["eth_getBlockByNumber"] = "\"result\":\(block)"
            $0.members["eth_getTransactionByHash"] = "\"result\":\(transfer)"
        }
        try await withNodes([node]) { nodes in
            let block = try #require(try await nodes.test.block(.number(100), isFull: true))
            let transaction = try #require(block.transactions.first)
            #expect(transaction.nonce == 3)
            #expect(transaction.recipient == nil)
            #expect(transaction.value == Wei(1_000_000_000_000_000_000))
            let known = try await nodes.test.transaction(Hash32(numbered: 9))
            #expect(known == transaction)
            let hash = try await nodes.test.blockHash(at: 100)
            #expect(hash == Hash32(numbered: 100))
            let error = await failure { () async throws(NodeError) in try await nodes.test.block(.number(7)) }
            #expect(error == .fault(.malformed))
        }
    }

    @Test
    func `what is not there is nothing, and what cannot be read is an error`() async throws {
        let node = try await ScriptedNode {
            $0.members["eth_getTransactionByHash"] = "\"result\":null"
        }
        try await withNodes([node]) { nodes in
            let known = try await nodes.test.transaction(Hash32(numbered: 1))
            #expect(known == nil)
            let count = try await nodes.test.transactionCount(of: self.sender, .pending)
            #expect(count == 7)
            let balance = try await nodes.test.balance(of: self.sender)
            #expect(balance == Wei(1_000_000_000_000_000_000))
            node.change { $0.members["eth_getBlockByNumber"] = "\"result\":null" }
            let block = try await nodes.test.block(.number(5000))
            #expect(block == nil)
        }
    }
}
