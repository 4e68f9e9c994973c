import Ethereum
import EthereumRPC
import Logging
import Outbound
import Support
import Testing

/// The same against a node with a real chain.
@Suite
struct ChainNodeTests {
    private let recipient = Address(hex: "0x00000000000000000000000000000000000c0ffe") ?? .zero
    private let coin = Wei(1_000_000_000_000_000_000)

    private func transfer(_ key: SenderKey, nonce: UInt64, gwei: UInt64 = 10) throws -> SignedTransaction {
        let transaction = FeeMarketTransaction(
            chainID: 31337,
            nonce: nonce,
            to: self.recipient,
            value: self.coin,
            gasLimit: 21000,
            maxFee: Wei(gwei * 1_000_000_000),
            maxPriorityFee: Wei(gwei * 100_000_000)
        )
        return try key.sign(.feeMarket(transaction))
    }

    private func withChain(
        _ options: ChainNode.Options,
        body: (ChainNode, EthereumNodes, ChainClient) async throws -> Void
    ) async throws {
        let node = try ChainNode(options)
        defer { node.kill() }
        try await withNodes(at: [try Endpoint(trusted: node.url)]) { nodes in
            let verdict = await nodes.probe().verdict
            guard case .changed(let chain, 0) = verdict else {
                Issue.record("\(verdict)")
                return
            }
            nodes.use(chain)
            try await body(node, nodes, nodes.client(of: chain))
        }
    }

    @Test
    func `transfers in their order are mined, and a gap is refused, with Hardhat's rules`() async throws {
        try await self.withChain(ChainNode.Options()) { _, _, chain in
            let key = try SenderKey.development(0)
            let before = try await chain.snapshot(of: key.address)
            #expect(before.nonce == 0)
            #expect(before.head.baseFee != nil)
            #expect(before.priorityFee != nil)
            let signed = try (0..<5).map { try self.transfer(key, nonce: $0) }
            let raws = signed.map { Hex.text($0.raw) }
            let outcomes = await chain.submit(raws)
            #expect(outcomes == signed.map { .accepted($0.hash) }, "\(outcomes)")
            let receipts = try await chain.receipts(signed.map(\.hash)).map { try $0.get() }
            #expect(receipts.map { $0?.transaction } == signed.map(\.hash))
            #expect(receipts.allSatisfy { $0?.isSuccess == true && $0?.gasUsed == 21000 && $0?.gasPrice != nil })
            let balance = try await chain.balance(of: self.recipient)
            #expect(balance == self.coin.multiplied(by: 5))
            let last = try #require(receipts[4])
            let block = try await chain.block(.number(last.blockNumber), isFull: true)
            #expect(block?.hash == last.blockHash)
            #expect(block?.transactions.map(\.hash) == [signed[4].hash])
            #expect(block?.transactions.first?.sender == key.address)
            #expect(block?.transactions.first?.recipient == self.recipient)
            #expect(await chain.submit([raws[0]]) == [.nonceTooLow])
            #expect(await chain.submit([Hex.text(try self.transfer(key, nonce: 9).raw)]) == [.nonceTooHigh])
            let cheap = await chain.submit([Hex.text(try self.transfer(key, nonce: 5, gwei: 0).raw)])
            guard case .feeTooLow(let floor?) = cheap.first else {
                Issue.record("\(cheap)")
                return
            }
            #expect(floor.part == .price && floor.amount > Wei(100_000_000))
            let after = try await chain.snapshot(of: key.address)
            #expect(after.nonce == 5)
            #expect(after.head.number == 5)
        }
    }

    @Test
    func `a gap waits, and a replacement has to pay more, with geth's rules`() async throws {
        var options = ChainNode.Options()
        options.rules = .geth
        options.mining = .manual
        try await self.withChain(options) { node, _, chain in
            let key = try SenderKey.development(1)
            let gapped = try self.transfer(key, nonce: 1)
            let first = try self.transfer(key, nonce: 0)
            #expect(await chain.submit([Hex.text(gapped.raw)]) == [.accepted(gapped.hash)])
            #expect(await chain.submit([Hex.text(first.raw)]) == [.accepted(first.hash)])
            #expect(await chain.submit([Hex.text(first.raw)]) == [.alreadyKnown])
            let cheap = try self.transfer(key, nonce: 0, gwei: 9)
            #expect(await chain.submit([Hex.text(cheap.raw)]) == [.underpriced])
            let receipts = try await chain.receipts([first.hash])
            #expect(receipts == [.success(nil)])
            let pending = try await chain.transactionCount(of: key.address, .pending)
            let latest = try await chain.transactionCount(of: key.address, .latest)
            #expect([pending, latest] == [2, 0])
            let snapshot = try await chain.snapshot(of: key.address)
            #expect([snapshot.pendingNonce, snapshot.nonce] == [2, 0])
            let waiting = try await chain.transaction(first.hash)
            #expect(waiting?.nonce == 0)
            #expect(waiting?.block == nil)
            try await node.mine()
            let mined = try await chain.receipts([first.hash, gapped.hash]).map { try $0.get() }
            #expect(mined.allSatisfy { $0?.isSuccess == true })
        }
    }

    @Test
    func `a reply that was lost is unknown, and the same bytes are there when sent again`() async throws {
        var options = ChainNode.Options()
        options.mining = .manual
        try await self.withChain(options) { node, nodes, chain in
            let signed = try self.transfer(try SenderKey.development(2), nonce: 0)
            let raw = Hex.text(signed.raw)
            try await node.fault(#"{"on":"eth_sendRawTransaction","do":"drop-reply"}"#)
            #expect(await chain.submit([raw]) == [.unknown(.outcomeUnknown(.reset))])
            try await eventually("the node is up") { await nodes.probe().nodes[0].status == .healthy }
            #expect(await chain.submit([raw]) == [.alreadyKnown])
        }
    }

    @Test
    func `a node that starts with a new genesis gets nothing of the old chain`() async throws {
        var options = ChainNode.Options()
        options.keepsBlocks = false
        try await self.withChain(options) { node, nodes, chain in
            node.kill()
            let raw = Hex.text(try self.transfer(try SenderKey.development(0), nonce: 0).raw)
            let outcome = await chain.submit([raw])
            #expect(outcome.first?.isWithNode == false)
            #expect(await nodes.probe().verdict == .unreachable)
            try node.start()
            try await eventually("it was looked at") { await nodes.probe().nodes[0].status == .otherChain }
            #expect(await chain.submit([raw]) == [.notSent(.noNode)])
            let received = try await node.received()
            #expect(received.isEmpty)
        }
    }
}
