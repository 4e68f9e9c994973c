import Coordination
import Ethereum
import Faucet
import JSON
import RESP
import Support
import Testing

/// The wallet, the recipient, and a chain that is slow: modes 21, 22, 23 and 34.
@Suite(.serialized)
struct MoneyModeTests {
    /// Four coins and a half.
    private static let little = "0x3e73362871420000"
    /// A hundred.
    private static let enough = "0x56bc75e2d63100000"

    /// Failure mode 21.
    @Test(arguments: ChainNode.Rules.allCases)
    func `21: a wallet that runs dry holds what is admitted, refuses what is not, and goes on when it is filled`(
        rules: ChainNode.Rules
    ) async throws {
        var options = FaucetFixture.Options()
        options.chain.rules = rules
        try await FaucetFixture.with(options) { fixture in
            try await fixture.refuseSending()
            let admissions = try await fixture.admitEach(0..<10)
            try await fixture.chain.setBalance(FaucetFixture.sender, to: Self.little)
            try await fixture.chain.clearFaults()
            try await fixture.untilHeld("insufficient-funds")
            #expect(try await fixture.chain.nonce(of: FaucetFixture.sender) == 4)
            for _ in 0..<3 {
                await #expect(throws: FaucetError.insufficientFunds) { try await fixture.admit() }
            }
            #expect(try await fixture.ask("GET", FaucetKeys.nonce(fixture.lane())).integerValue == 10)
            try await fixture.chain.setBalance(FaucetFixture.sender, to: Self.enough)
            try await eventually("it is filled") { (try? await fixture.admitEach(10..<11)) != nil }
            let distributions = try await fixture.ended(admissions)
            #expect(Set(distributions.map(\.nonce)) == Set(0..<10))
            try await eventually("nothing is open") {
                try await fixture.ask("ZCARD", FaucetKeys.open(fixture.lane())).integerValue == 0
            }
            for address in FaucetFixture.addresses(0..<11) {
                #expect(try await fixture.balance(address) == fixture.options.faucet.amount)
            }
            try await fixture.expectQuiet(transactions: 11)
        }
    }

    /// Failure mode 22.
    @Test(arguments: [ChainNode.Rules.hardhat, .geth])
    func `22: what a node took although it cannot be paid, and then forgot, is delivered after all`(
        rules: ChainNode.Rules
    ) async throws {
        var options = FaucetFixture.Options()
        options.chain.rules = rules
        options.chain.mining = .manual
        // geth did so until 1.9.
        options.chain.isLegacy = rules == .geth
        options.chain.gasPrice = 1_000_000_000
        try await FaucetFixture.with(options) { fixture in
            let admissions = try await fixture.admitEach(0..<10)
            try await fixture.untilState(.submitted, admissions)
            try await fixture.chain.setBalance(FaucetFixture.sender, to: Self.little)
            try await fixture.chain.mine(2)
            #expect(try await fixture.chain.nonce(of: FaucetFixture.sender) == 4)
            try await fixture.untilState(.confirmed, Array(admissions.prefix(4)))
            try await fixture.chain.clearPool()
            try await fixture.untilHeld("insufficient-funds")
            try await fixture.chain.setBalance(FaucetFixture.sender, to: Self.enough)
            let distributions = try await fixture.endedWhileMining(admissions)
            try await fixture.expectOneCoinEach(0..<10, distributions)
        }
    }

    /// Failure mode 23.
    @Test(arguments: ChainNode.Rules.allCases, [ChainNode.Mining.auto, .interval(seconds: 0.3)])
    func `23: a recipient that takes no coins is reported, and holds up nobody`(
        rules: ChainNode.Rules,
        mining: ChainNode.Mining
    ) async throws {
        var options = FaucetFixture.Options()
        options.chain.rules = rules
        options.chain.mining = mining
        try await FaucetFixture.with(options) { fixture in
            let refusing = "0x00000000000000000000000000000000000c0de1"
            try await fixture.chain.makeRejecting(refusing)
            var admissions = try await fixture.admitEach(0..<4)
            let refused = [try await fixture.admit(refusing), try await fixture.admit(refusing)]
            admissions += try await fixture.admitEach(4..<8)
            for distribution in try await fixture.ended(refused) {
                #expect(distribution.state == .failed)
                #expect(distribution.reason == "reverted")
                let receipt = try await fixture.chain.receipt(of: distribution.minedHash?.text ?? "")
                #expect(receipt?["status"] == .string("0x0"))
            }
            let distributions = try await fixture.ended(admissions)
            try await fixture.expectOneCoinEach(0..<8, distributions, others: 2)
            #expect(try await fixture.balance(refusing).isZero)
        }
    }

    /// Failure mode 34.
    @Test(arguments: ChainNode.Rules.allCases)
    func `34: while blocks are slow the queue fills up and then refuses, and nothing fails`(
        rules: ChainNode.Rules
    ) async throws {
        var options = FaucetFixture.Options()
        options.chain.rules = rules
        options.chain.mining = .manual
        options.lane.window = 10
        options.faucet.queueLimit = 20
        try await FaucetFixture.with(options) { fixture in
            let admissions = try await fixture.admitEach(0..<20)
            for _ in 0..<5 { await #expect(throws: FaucetError.queueFull) { try await fixture.admit() } }
            try await fixture.untilState(.submitted, Array(admissions.prefix(10)))
            let sent = try await fixture.chain.received()
            #expect(Set(sent).count == 10)
            var distributions = try await fixture.endedWhileMining(admissions)
            let more = try await fixture.admitEach(20..<25)
            distributions += try await fixture.endedWhileMining(more)
            try await fixture.expectOneCoinEach(0..<25, distributions)
        }
    }
}
