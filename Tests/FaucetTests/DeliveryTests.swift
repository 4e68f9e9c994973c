import Ethereum
import Faucet
import Support
import Testing

/// Coins that are asked for arrive, each once.
struct DeliveryTests {
    static let modes: [(ChainNode.Rules, ChainNode.Mining)] = [
        (.hardhat, .auto), (.hardhat, .interval(seconds: 1)), (.geth, .auto), (.geth, .interval(seconds: 1)),
    ]

    @Test(arguments: Self.modes)
    func `a hundred coins arrive, each in a transaction of its own, without a gap`(
        rules: ChainNode.Rules,
        mining: ChainNode.Mining
    ) async throws {
        var options = FaucetFixture.Options()
        options.chain.rules = rules
        options.chain.mining = mining
        try await FaucetFixture.with(options) { fixture in
            let before = try await fixture.balance()
            let admissions = try await fixture.admit(count: 100)
            let distributions = try await fixture.ended(admissions)
            try await fixture.expectDelivered(distributions, since: before)
            #expect(Set(distributions.map(\.nonce)) == Set(0..<100))
        }
    }
}
