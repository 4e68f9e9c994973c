import Coordination
import Ethereum
import Faucet
import Support
import Testing

/// Another chain in the place of ours: mode 15.
@Suite(.serialized)
struct ChainResetTests {
    /// Failure mode 15.
    @Test(
        arguments: [ChainNode.Mining.auto, .interval(seconds: 0.2)],
        ["none", "rebind", "carried", "era", "observe"]
    )
    func `15: what was not delivered on a chain that is gone is delivered on the next, once`(
        mining: ChainNode.Mining,
        lost: String
    ) async throws {
        var options = FaucetFixture.Options()
        options.chain.mining = mining
        options.failpoints = lost == "none" ? [] : ["faucet.\(lost).after=drop@2", "faucet.\(lost).before=drop@4"]
        try await FaucetFixture.with(options) { fixture in
            var before: [Admission] = []
            for address in FaucetFixture.addresses(0..<5) { before.append(try await fixture.admitStubbornly(address)) }
            try await fixture.ended(before)
            try await fixture.refuseSending()
            // More than fit into one batch.
            let range = lost == "none" ? 5..<125 : 5..<25
            let waiting = try await fixture.admitEach(range)
            try await eventually("it has tried") { try await fixture.chain.received().count > 5 }
            try await fixture.chain.reset()
            try await fixture.chain.clearFaults()
            let distributions = try await fixture.ended(waiting)
            try await fixture.expectOneCoinEach(range, distributions)
            #expect(try await fixture.eraNumber() == 2)
            // A coin that was delivered stays delivered, where it was.
            for address in FaucetFixture.addresses(0..<5) { #expect(try await fixture.balance(address).isZero) }
        }
    }

    /// Failure mode 15.
    @Test func `15: a node that starts again as another chain is sent nothing of the old one`() async throws {
        var options = FaucetFixture.Options()
        options.chain.keepsBlocks = false
        options.chain.mining = .manual
        options.lane.confirmations = 2
        try await FaucetFixture.with(options) { fixture in
            let mined = try await fixture.admitEach(0..<5)
            try await fixture.untilState(.submitted, mined)
            try await fixture.chain.mine()
            try await fixture.untilState(.mined, mined)
            let waiting = try await fixture.admitEach(5..<15)
            try await fixture.untilState(.submitted, waiting)
            fixture.chain.kill()
            try fixture.chain.start()
            let distributions = try await fixture.endedWhileMining(waiting)
            try await fixture.expectOneCoinEach(5..<15, distributions)
            let earlier = try await fixture.ended(mined)
            #expect(earlier.allSatisfy { $0.state == .confirmed && $0.era == 1 })
        }
    }

    /// Failure mode 15.
    ///
    /// Whether the reset comes just then is a matter of milliseconds, so it is tried some times.
    @Test(arguments: 0..<4)
    func `15: a batch that is ready when the chain is reset does not reach the new one`(attempt: Int) async throws {
        var options = FaucetFixture.Options()
        options.chain.rules = .geth
        options.chain.mining = .manual
        options.failpoints = ["faucet.submit.before=sleep:60"]
        try await FaucetFixture.with(options) { fixture in
            for number in 0..<2 { try await fixture.endedWhileMining(try await fixture.admitEach(number..<number + 1)) }
            let sent = fixture.failpoints.count("faucet.submit.before")
            let waiting = try await fixture.admitEach(2..<12)
            while fixture.failpoints.count("faucet.submit.before") == sent { await Task.yield() }
            try await fixture.chain.reset()
            let distributions = try await fixture.endedWhileMining(waiting)
            try await fixture.expectOneCoinEach(2..<12, distributions)
            let more = try await fixture.endedWhileMining(try await fixture.admitEach(12..<20))
            try await fixture.expectOneCoinEach(2..<20, distributions + more)
        }
    }
}
