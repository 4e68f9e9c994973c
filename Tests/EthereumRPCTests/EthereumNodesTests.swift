import Ethereum
import EthereumRPC
import Logging
import Outbound
import Support
import Testing

@Suite
struct EthereumNodesTests {
    private func count(_ nodes: EthereumNodes) async -> NodeError? {
        await failure { () async throws(NodeError) in try await nodes.test.transactionCount(of: .zero, .latest) }
    }

    @Test
    func `nothing is called before a chain is accepted`() async throws {
        let node = try await ScriptedNode()
        try await withNodes([node], accepts: false) { nodes in
            #expect(nodes.report.verdict == .changed(to: .test, silent: 0))
            #expect(await self.count(nodes) == .noNode)
            #expect(node.batches.isEmpty)
            nodes.use(.test)
            #expect(await self.count(nodes) == nil)
        }
    }

    @Test
    func `the next node answers when one fails`() async throws {
        let first = try await ScriptedNode()
        let second = try await ScriptedNode()
        try await withNodes([first, second]) { nodes in
            #expect(await self.count(nodes) == nil)
            #expect(second.batches.isEmpty)
            first.change { $0.reply = { _, _ in .http(502, body: "no") } }
            #expect(await self.count(nodes) == nil)
            #expect(nodes.report.nodes.map(\.status) == [.failing, .healthy])
            #expect(nodes.report.current == 1)
            // It stays there when the first one is well again.
            first.change { $0.reply = nil }
            try await eventually("the node is up") { await nodes.probe().nodes[0].status == .healthy }
            first.forget()
            #expect(await self.count(nodes) == nil)
            #expect(first.batches.isEmpty)
        }
    }

    @Test
    func `a node that ends is passed over, and its port's next owner is asked who it is`() async throws {
        let first = try await ScriptedNode()
        let second = try await ScriptedNode()
        try await withNodes([first, second]) { nodes in
            #expect(await self.count(nodes) == nil)
            first.change { $0.reply = { _, _ in .reset } }
            try await first.stop()
            #expect(await self.count(nodes) == nil)
            #expect(nodes.report.current == 1)
            let other = try await ScriptedNode(port: first.port) { $0.genesis = ScriptedNode.hash(0xB) }
            try await eventually("it was looked at") { await nodes.probe().nodes[0].status == .otherChain }
            #expect(await nodes.test.submit(["0x01"]) == [.accepted(Hash32(numbered: 0xFEED))])
            #expect(other.calls("eth_sendRawTransaction").isEmpty)
        }
    }

    @Test
    func `a node of another chain in the pool is never asked anything`() async throws {
        let good = try await ScriptedNode()
        let wrong = try await ScriptedNode { $0.chainID = 1 }
        try await withNodes([wrong, good]) { nodes in
            #expect(nodes.report.nodes.map(\.status) == [.otherChain, .healthy])
            #expect(nodes.report.verdict == .accepted)
            good.change { $0.reply = { _, _ in .reset } }
            #expect(await nodes.test.submit(["0x01"]) == [.unknown(.outcomeUnknown(.reset))])
            #expect(await self.count(nodes) == .noNode)
            #expect(wrong.batches.isEmpty)
        }
        try await withNodes([wrong], accepts: false) {
            $0.rules.chainID = 31337
        } body: { nodes in
            #expect(nodes.report.verdict == .misplaced)
        }
    }

    @Test
    func `a node that lags is not asked`() async throws {
        let behind = try await ScriptedNode { $0.head = 94 }
        let ahead = try await ScriptedNode()
        try await withNodes([behind, ahead]) { nodes in
            #expect(nodes.report.nodes.map(\.lag) == [6, 0])
            #expect(await self.count(nodes) == nil)
            #expect(behind.batches.isEmpty)
            behind.change { $0.head = 96 }
            await nodes.probe()
            ahead.change { $0.reply = { _, _ in .reset } }
            #expect(await self.count(nodes) == nil)
            #expect(nodes.report.current == 0)
        }
    }

    @Test
    func `all nodes on another genesis is a reset, and one is not`() async throws {
        let first = try await ScriptedNode()
        let second = try await ScriptedNode()
        try await withNodes([first, second]) { nodes in
            first.change { $0.genesis = ScriptedNode.hash(0xB) }
            #expect(await nodes.probe().verdict == .accepted)
            #expect(nodes.report.nodes.map(\.status) == [.otherChain, .healthy])
            second.change { $0.genesis = ScriptedNode.hash(0xB) }
            #expect(await nodes.probe().verdict == .changed(to: .numbered(0xB), silent: 0))
            #expect(await self.count(nodes) == .noNode)
            nodes.use(.numbered(0xB))
            let count = try await nodes.client(of: .numbered(0xB)).transactionCount(of: .zero, .latest)
            #expect(count == 7)
            first.forget()
            #expect(await nodes.test.submit(["0x01"]) == [.notSent(.noNode)])
            #expect(first.batches.isEmpty)
        }
    }

    @Test
    func `a reset between two probes is found out by the next answer`() async throws {
        let node = try await ScriptedNode()
        try await withNodes([node]) { nodes in
            node.change { $0.genesis = ScriptedNode.hash(0xB) }
            #expect(await self.count(nodes) == .otherChain)
            #expect(nodes.report.verdict == .changed(to: .numbered(0xB), silent: 0))
            #expect(await nodes.test.submit(["0x01"]) == [.notSent(.noNode)])
        }
        try await withNodes([node], accepts: false) { nodes in
            let chain = ChainIdentity.numbered(0xB)
            nodes.use(chain)
            node.change { $0.genesis = ScriptedNode.hash(0xC) }
            #expect(await nodes.client(of: chain).submit(["0x01"]) == [.unknown(.otherChain)])
        }
    }

    @Test
    func `a node that went back says so`() async throws {
        let node = try await ScriptedNode()
        try await withNodes([node]) { nodes in
            node.change { $0.head = 40 }
            let report = await nodes.probe()
            #expect(report.nodes[0].rolledBack == 60)
            #expect(report.nodes[0].status == .healthy)
        }
    }

    @Test
    func `a long batch goes in parts, in order`() async throws {
        let node = try await ScriptedNode()
        try await withNodes([node]) {
            $0.batchLimit = 4
        } body: { nodes in
            let hashes = (1...8).map { Hash32(numbered: $0) }
            node.change { $0.members["eth_getTransactionReceipt"] = "\"result\":null" }
            let receipts = try await nodes.test.receipts(hashes)
            #expect(receipts == hashes.map { _ in .success(nil) })
            #expect(node.batches.map(\.count) == [4, 4, 3])
            #expect(node.calls("eth_getTransactionReceipt").map(\.text) == hashes.map(\.text))
            let none = try await nodes.test.receipts([])
            #expect(none.isEmpty)
            #expect(node.batches.count == 3)
        }
    }

    @Test
    func `a running service finds a node that comes late, beside one that hangs`() async throws {
        let hanging = try await ScriptedNode { $0.reply = { _, _ in .silence } }
        let late = try await ScriptedNode { $0.reply = { _, _ in .http(503, body: "starting") } }
        let endpoints = [try hanging.endpoint, try late.endpoint]
        try await withNodes(at: endpoints) {
            $0.probeInterval = .milliseconds(5)
        } body: { nodes in
            nodes.use(.test)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await nodes.run() }
                try await eventually("it was asked twice") { late.batches.count > 1 }
                #expect(nodes.report.verdict == .unreachable)
                late.change { $0.reply = nil }
                try await eventually("it is up") { nodes.report.nodes[1].status == .healthy }
                #expect(await self.count(nodes) == nil)
                #expect(hanging.batches.count == 1)
                group.cancelAll()
            }
        }
    }

    @Test
    func `no log has a URL's path`() async throws {
        let logs = CapturedLogs()
        let node = try await ScriptedNode()
        try await withNodes([node], logger: logs.logger(level: .trace)) { nodes in
            node.change { $0.reply = { _, _ in .http(401, body: "no") } }
            _ = await self.count(nodes)
            _ = await nodes.probe()
        }
        #expect(logs.lines.contains { $0.message == "A node is now failing" && $0.level == .warning })
        #expect(logs.lines.contains { $0.text.contains("127.0.0.1:\(node.port)") })
        #expect(!logs.lines.contains { $0.text.contains("secret") })
    }
}
