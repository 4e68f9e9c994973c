import EthereumRPC
import Faucet
import Support
import Testing

/// Several nodes, of which one is not as good as another: modes 10 and 11.
@Suite(.serialized)
struct NodePoolTests {
    /// Failure mode 10.
    @Test(arguments: [60.0, 0.5])
    func `10: a node that is twenty blocks behind confuses nobody while the other one is down`(
        headMemory: Double
    ) async throws {
        var options = FaucetFixture.Options()
        options.chain.rules = .geth
        options.chain.mining = .interval(seconds: 0.2)
        let chain = try ChainNode(options.chain)
        defer { chain.kill() }
        try await chain.mine(2)
        var late = options.chain
        late.mining = .manual
        let lagging = try ChainNode(late)
        defer { lagging.kill() }
        try lagging.restart(with: chain)
        options.nodes = [chain.url, lagging.url]
        // When it is over, the node that lags is the best there is, and for it nothing has happened yet.
        options.rules.headMemory = .seconds(headMemory)
        try await FaucetFixture.with(options, chain: chain) { fixture in
            let before = try await fixture.ended(try await fixture.admitEach(0..<10))
            try await chain.mine(20)
            chain.kill()
            // The other one, which knows of none of them, is all there is.
            let during = try await fixture.admitEach(10..<20)
            try await Task.sleep(for: .seconds(2))
            try chain.start()
            let after = try await fixture.admitEach(20..<30)
            let distributions = before + (try await fixture.ended(during + after))
            try await fixture.expectOneCoinEach(0..<30, distributions)
        }
    }

    /// Failure mode 10.
    @Test func `10: receipts that come from a node that lags are no proof that a nonce was stolen`() async throws {
        var options = FaucetFixture.Options()
        options.chain.rules = .geth
        options.chain.mining = .manual
        options.lane.foreignReads = 2
        try await FaucetFixture.with(options) { fixture in
            try await fixture.chain.fault(
                #"{"on":"eth_getTransactionReceipt","do":"lag","blocks":30,"times":200}"#
            )
            let distributions = try await fixture.endedWhileMining(try await fixture.admitEach(0..<5))
            #expect(distributions.allSatisfy { $0.lostNonces.isEmpty })
            try await fixture.expectOneCoinEach(0..<5, distributions)
        }
    }

    /// Failure mode 11.
    @Test(arguments: [true, false])
    func `11: a node of another chain among ours gets nothing`(isFirst: Bool) async throws {
        var options = FaucetFixture.Options()
        options.rules.chainID = 31_337
        let chain = try ChainNode(options.chain)
        defer { chain.kill() }
        var other = ChainNode.Options()
        other.chainID = 1337
        let stranger = try ChainNode(other)
        defer { stranger.kill() }
        options.nodes = isFirst ? [stranger.url, chain.url] : [chain.url, stranger.url]
        try await FaucetFixture.with(options, chain: chain) { fixture in
            let distributions = try await fixture.ended(try await fixture.admitEach(0..<10))
            try await fixture.expectOneCoinEach(0..<10, distributions)
            #expect(try await stranger.received().isEmpty)
        }
    }

    /// Failure mode 11.
    @Test func `11: of two chains at the start none is chosen, and once one is, the other gets nothing`() async throws {
        var options = FaucetFixture.Options()
        options.workers = 0
        let chain = try ChainNode(options.chain)
        defer { chain.kill() }
        let stranger = try ChainNode(ChainNode.Options())
        defer { stranger.kill() }
        options.nodes = [stranger.url, chain.url]
        try await FaucetFixture.with(options, chain: chain) { fixture in
            try await fixture.withProcess("worker") { worker in
                for node in [stranger, chain] {
                    try await eventually { try await node.calls()["eth_chainId"] ?? 0 >= 5 }
                }
                #expect(try await worker.eraNumber() == nil)
                let status = try await FaucetAdmin(redis: worker.node).status()
                #expect(status.chainTrouble == "the nodes are of different chains")
                #expect(status.text.contains("different chains"))
                stranger.kill()
                let first = try await worker.admitStubbornly(FaucetFixture.addresses(0..<1)[0])
                let distributions = try await worker.ended([first])
                try await worker.expectOneCoinEach(0..<1, distributions)
                try stranger.start()
                let more = try await worker.ended(try await worker.admitEach(1..<2))
                try await worker.expectOneCoinEach(0..<2, distributions + more)
                #expect(try await stranger.received().isEmpty)
            }
        }
    }
}
