import Ethereum
import EthereumRPC
import Faucet
import RESP
import Redis
import Support
import Testing

/// The price of gas: modes 17, 18 and 32.
@Suite(.serialized)
struct FeeModeTests {
    private static func options(stall: Duration = .milliseconds(300)) -> FaucetFixture.Options {
        var options = FaucetFixture.Options()
        options.chain.rules = .geth
        options.chain.mining = .manual
        options.lane.stall = stall
        return options
    }

    private static func refuseRaises(_ fixture: FaucetFixture, times: Int) async throws {
        let words = "replacement transaction underpriced"
        try await fixture.chain.fault(
            #"{"on":"eth_sendRawTransaction","do":"error","message":"\#(words)","times":\#(times)}"#
        )
    }

    /// Failure mode 17.
    @Test(arguments: [true, false])
    func `17: transactions that are stuck in a fee spike offer more, all of them, until they are mined`(
        isLegacy: Bool
    ) async throws {
        var options = Self.options()
        options.chain.isLegacy = isLegacy
        options.chain.gasPrice = 1_000_000_000
        try await FaucetFixture.with(options) { fixture in
            let admissions = try await fixture.admitEach(0..<20)
            try await fixture.untilState(.submitted, admissions)
            try await fixture.chain.setGasPrice(40_000_000_000)
            let distributions = try await fixture.endedWhileMining(admissions)
            try await fixture.expectOneCoinEach(0..<20, distributions)
            #expect(distributions.allSatisfy { $0.hashes.count >= 2 && $0.minedHash == $0.hash })
        }
    }

    /// Failure modes 17 and 18.
    @Test func `17, 18: when a raise is refused, the original may be mined, and counts`() async throws {
        var options = Self.options()
        options.chain.gasPrice = 1_000_000_000
        try await FaucetFixture.with(options) { fixture in
            let admissions = try await fixture.admitEach(0..<3)
            try await fixture.untilState(.submitted, admissions)
            try await Self.refuseRaises(fixture, times: -1)
            try await fixture.chain.setGasPrice(40_000_000_000)
            try await eventually("all are raised") {
                try await fixture.chain.mine()
                for admission in admissions {
                    guard try await fixture.distribution(admission.id).hashes.count >= 2 else { return false }
                }
                return true
            }
            try await fixture.chain.setGasPrice(1_000_000_000)
            let distributions = try await fixture.endedWhileMining(admissions)
            try await fixture.expectOneCoinEach(0..<3, distributions)
            #expect(distributions.allSatisfy { $0.minedHash == $0.hashes.first && $0.minedHash != $0.hash })
        }
    }

    /// Failure mode 18.
    @Test func `18: a raise that does not raise enough is followed by one that does`() async throws {
        var options = Self.options()
        options.chain.gasPrice = 1_000_000_000
        try await FaucetFixture.with(options) { fixture in
            let admissions = try await fixture.admitEach(0..<3)
            try await fixture.untilState(.submitted, admissions)
            try await Self.refuseRaises(fixture, times: 4)
            try await fixture.chain.setGasPrice(40_000_000_000)
            let distributions = try await fixture.endedWhileMining(admissions)
            try await fixture.expectOneCoinEach(0..<3, distributions)
        }
    }

    /// Failure mode 32.
    @Test(arguments: ChainNode.Rules.allCases, [ChainNode.Mining.auto, .interval(seconds: 0.3)])
    func `32: coins arrive where a transfer costs more than a coin`(
        rules: ChainNode.Rules,
        mining: ChainNode.Mining
    ) async throws {
        var options = FaucetFixture.Options()
        options.chain.rules = rules
        options.chain.mining = mining
        options.chain.isLegacy = true
        options.chain.gasPrice = 165_000_000_000_000
        try await FaucetFixture.with(options) { fixture in
            let distributions = try await fixture.ended(try await fixture.admitEach(0..<20))
            try await fixture.expectOneCoinEach(0..<20, distributions)
            let fee = try await fixture.ask("HGET", FaucetKeys.lane(fixture.lane()), "fee").string
            #expect(fee?.hasPrefix("legacy ") == true)
        }
    }

    /// Failure mode 32.
    @Test func `32: a node that lets nobody pay that much holds the lane, and nothing is lost`() async throws {
        var options = FaucetFixture.Options()
        options.chain.rules = .geth
        options.chain.gasPrice = 165_000_000_000_000
        let permissive = try ChainNode(options.chain)
        defer { permissive.kill() }
        permissive.stop()
        options.chain.arguments = ["--fee-cap", "1"]
        let chain = try ChainNode(options.chain)
        defer { chain.kill() }
        options.nodes = [chain.url, permissive.url]
        try await FaucetFixture.with(options, chain: permissive) { fixture in
            let admissions = try await fixture.admitEach(0..<10)
            try await fixture.untilHeld("fee-cap-exceeded")
            #expect(try await chain.nonce(of: FaucetFixture.sender) == 0)
            // The same chain, and its node has another setting.
            chain.kill()
            try permissive.restart(with: chain)
            let distributions = try await fixture.ended(admissions)
            try await fixture.expectOneCoinEach(0..<10, distributions)
        }
    }

    /// Failure mode 32.
    @Test func `32: our own cap holds transactions until the price has come down`() async throws {
        var options = FaucetFixture.Options()
        options.chain.gasPrice = 40_000_000_000
        options.lane.fees.cap = Wei(20_000_000_000)
        try await FaucetFixture.with(options) { fixture in
            let admissions = try await fixture.admitEach(0..<5)
            try await fixture.untilHeld("fee-too-low")
            #expect(try await fixture.chain.nonce(of: FaucetFixture.sender) == 0)
            try await fixture.chain.setGasPrice(10_000_000_000)
            let distributions = try await fixture.ended(admissions)
            try await fixture.expectOneCoinEach(0..<5, distributions)
        }
    }
}
