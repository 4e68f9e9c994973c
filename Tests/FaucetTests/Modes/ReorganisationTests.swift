import Ethereum
import Faucet
import RESP
import Support
import Testing

/// The chain goes back and forth: mode 16.
@Suite(.serialized)
struct ReorganisationTests {
    /// How many blocks go, and which step's reply is lost besides.
    static let turns = [
        (1, "none"), (2, "none"), (3, "none"), (1, "unmined.before"), (2, "unmined.after"), (3, "mined.after"),
    ]

    /// Failure mode 16.
    @Test(arguments: Self.turns, [true, false])
    func `16: a transaction that is thrown out of up to three blocks is mined again, once`(
        turn: (depth: Int, lost: String),
        requeues: Bool
    ) async throws {
        let (depth, lost) = turn
        var options = FaucetFixture.Options()
        options.chain.rules = .geth
        options.chain.mining = .manual
        options.lane.confirmations = 4
        options.failpoints = lost == "none" ? [] : ["faucet.\(lost)=drop@1"]
        try await FaucetFixture.with(options) { fixture in
            let admissions = try await fixture.admitEach(0..<6)
            try await fixture.untilState(.submitted, admissions)
            try await fixture.chain.mine(depth)
            try await fixture.untilState(.mined, admissions)
            let dropped = try await fixture.distribution(admissions[2].id)
            try await fixture.chain.reorganize(
                depth: depth,
                dropping: [dropped.minedHash?.text ?? ""],
                requeues: requeues
            )
            let distributions = try await fixture.endedWhileMining(admissions)
            try await fixture.expectOneCoinEach(0..<6, distributions)
        }
    }

    /// Failure mode 16: deeper than it was told.
    @Test(arguments: [true, false], ["none", "fill.before", "fill.after"])
    func `16: what was confirmed and is thrown out all the same is sent again, with the same bytes`(
        requeues: Bool,
        lost: String
    ) async throws {
        var options = FaucetFixture.Options()
        options.chain.rules = .geth
        options.chain.mining = .manual
        options.failpoints = lost == "none" ? [] : ["faucet.\(lost)=drop@1"]
        try await FaucetFixture.with(options) { fixture in
            let admissions = try await fixture.admitEach(0..<6)
            let before = try await fixture.endedWhileMining(admissions)
            // These are on their way when the ones before them vanish: their nonces are taken.
            let others = try await fixture.admitEach(6..<10)
            try await fixture.untilState(.submitted, others)
            let head = try await fixture.chain.blockNumber()
            let first = try #require(before.compactMap(\.block).min())
            try await fixture.chain.reorganize(
                depth: head - Int(first) + 1,
                dropping: before.compactMap(\.minedHash?.text),
                requeues: requeues
            )
            try await eventually("they are mined again") {
                try await fixture.chain.mine()
                return try await fixture.chain.nonce(of: FaucetFixture.sender) == 10
            }
            let distributions = try await fixture.endedWhileMining(admissions + others)
            try await fixture.expectOneCoinEach(0..<10, distributions)
            #expect(distributions.prefix(6).map(\.minedHash) == before.map(\.minedHash))
            #expect(try await fixture.eraNumber() == 1)
            let ttl = try await fixture.ask("TTL", FaucetKeys.distribution(admissions[0].id))
            #expect(ttl.integerValue ?? 0 > 0)
        }
    }
}
