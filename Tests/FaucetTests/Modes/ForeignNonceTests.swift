import Coordination
import Ethereum
import Faucet
import JSON
import RESP
import Redis
import Support
import Testing

/// Somebody else sends with our key: modes 19 and 20.
@Suite(.serialized)
struct ForeignNonceTests {
    private static let stranger = "0x00000000000000000000000000000000deadbeef"

    private static var options: FaucetFixture.Options {
        var options = FaucetFixture.Options()
        options.chain.rules = .geth
        options.chain.mining = .manual
        return options
    }

    /// A transaction of our sender that pays so much that it takes the place of ours.
    private static func steal(_ nonces: Range<Int>, _ fixture: FaucetFixture, value: String = "0x7") async throws {
        for nonce in nonces {
            try await fixture.chain.send(
                from: FaucetFixture.sender,
                to: Self.stranger,
                value: value,
                more: #""nonce":"0x\#(String(nonce, radix: 16))","gas":"0x5208","gasPrice":"0x2540be40000""#
            )
        }
    }

    /// Failure mode 20.
    @Test(arguments: ["none", "rebind.before", "rebind.after"], [UInt64(0), 2])
    func `20: coins whose nonces were stolen arrive with other nonces`(
        lost: String,
        confirmations: UInt64
    ) async throws {
        var options = Self.options
        options.lane.confirmations = confirmations
        options.failpoints = lost == "none" ? [] : ["faucet.\(lost)=drop@1"]
        try await FaucetFixture.with(options) { fixture in
            let admissions = try await fixture.admitEach(0..<8)
            try await fixture.untilState(.submitted, admissions)
            try await Self.steal(2..<5, fixture)
            let distributions = try await fixture.endedWhileMining(admissions)
            try await fixture.expectOneCoinEach(0..<8, distributions, others: 3)
            #expect(distributions.flatMap(\.lostNonces).sorted() == [2, 3, 4])
        }
    }

    /// Failure mode 20: what was not final may be undone, and ours be mined after all.
    @Test func `20: while the thief's transaction may still be thrown out, ours keeps its nonce`() async throws {
        var options = Self.options
        options.lane.confirmations = 5
        try await FaucetFixture.with(options) { fixture in
            let admissions = try await fixture.admitEach(0..<2)
            try await fixture.untilState(.submitted, admissions)
            let raws = try await fixture.chain.received()
            try await Self.steal(1..<2, fixture)
            try await fixture.chain.mine(2)
            try await fixture.untilState(.mined, [admissions[0]])
            let looks = try await fixture.chain.calls()["eth_getBalance"] ?? 0
            try await eventually("it has looked often") {
                try await fixture.chain.calls()["eth_getBalance"] ?? 0 > looks + 8
            }
            #expect(try await fixture.distribution(admissions[1].id).lostNonces.isEmpty)
            // The thief's is thrown out, and somebody has kept ours.
            try await fixture.chain.reorganize(depth: 2, dropping: try await Self.minedTransactions(fixture))
            for raw in raws { _ = try? await fixture.chain.call("eth_sendRawTransaction", "\"\(raw)\"") }
            let distributions = try await fixture.endedWhileMining(admissions)
            try await fixture.expectOneCoinEach(0..<2, distributions)
        }
    }

    private static func minedTransactions(_ fixture: FaucetFixture) async throws -> [String] {
        var hashes: [String] = []
        for number in 0...(try await fixture.chain.blockNumber()) {
            let block = try await fixture.chain.call(
                "eth_getBlockByNumber",
                "\"0x\(String(number, radix: 16))\"",
                "false"
            )
            guard case .object(let members) = block, case .array(let items) = members["transactions"] else { continue }
            for case .string(let hash) in items { hashes.append(hash) }
        }
        return hashes
    }

    /// Failure mode 20.
    @Test(arguments: ChainNode.Rules.allCases)
    func `20: nonces that a stranger is using are skipped`(rules: ChainNode.Rules) async throws {
        var options = FaucetFixture.Options()
        options.chain.rules = rules
        try await FaucetFixture.with(options) { fixture in
            var distributions = try await fixture.ended(try await fixture.admitEach(0..<3))
            for _ in 0..<2 { try await fixture.chain.send(from: FaucetFixture.sender, to: Self.stranger, value: "0x1") }
            distributions += try await fixture.ended(try await fixture.admitEach(3..<8))
            try await fixture.expectOneCoinEach(0..<8, distributions, others: 2)
        }
    }

    /// Failure mode 20: and when they come to nothing, the nonces do not stay open.
    @Test(arguments: ["none", "fill.before", "fill.after"])
    func `20: nonces that were skipped for transactions that vanish are filled`(lost: String) async throws {
        var options = Self.options
        options.lane.idlePoll = .milliseconds(30)
        options.lane.poll = .milliseconds(30)
        options.failpoints = lost == "none" ? [] : ["faucet.\(lost)=drop@60", "faucet.\(lost)=drop@61"]
        try await FaucetFixture.with(options) { fixture in
            for _ in 0..<3 { try await fixture.chain.send(from: FaucetFixture.sender, to: Self.stranger, value: "0x1") }
            try await eventually("they are seen") {
                try await fixture.ask("GET", FaucetKeys.nonce(fixture.lane())).integerValue == 3
            }
            let admissions = try await fixture.admitEach(0..<4)
            #expect(admissions.map(\.nonce) == [3, 4, 5, 6])
            try await fixture.chain.clearPool()
            let distributions = try await fixture.endedWhileMining(admissions)
            try await eventually("the fillers are over") {
                try await fixture.ask("ZCARD", FaucetKeys.open(fixture.lane())).integerValue == 0
            }
            try await fixture.expectOneCoinEach(0..<4, distributions, others: 3)
            #expect(try await fixture.balance(Self.stranger).isZero)
        }
    }

    /// Failure mode 20.
    @Test func `20: a filler whose nonce is stolen is over`() async throws {
        try await FaucetFixture.with(Self.options) { fixture in
            try await fixture.chain.send(from: FaucetFixture.sender, to: Self.stranger, value: "0x1")
            try await eventually("it is seen") {
                try await fixture.ask("GET", FaucetKeys.nonce(fixture.lane())).integerValue == 1
            }
            let admissions = try await fixture.admitEach(0..<2)
            try await fixture.chain.clearPool()
            let bound = FaucetKeys.bound(try await fixture.lane())
            try await eventually("it is filled") {
                try await fixture.ask("ZCOUNT", bound, "0", "0").integerValue == 1
            }
            let filler = try await fixture.ask("ZRANGE", bound, "0", "0").array?.first?.string ?? ""
            try await eventually("it is sent") { try await fixture.distribution(filler).state == .submitted }
            try await Self.steal(0..<1, fixture)
            let distributions = try await fixture.endedWhileMining(admissions)
            try await eventually("it is over") { try await fixture.distribution(filler).state == .failed }
            try await fixture.expectOneCoinEach(0..<2, distributions, others: 1)
        }
    }

    /// Failure mode 19.
    @Test(arguments: ["already known", "nonce too low: next nonce 9, tx nonce 3"])
    func `19: what a node says it has is delivered only once there is a receipt`(words: String) async throws {
        try await FaucetFixture.with(Self.options) { fixture in
            // The node has seen none of them.
            try await fixture.chain.fault(
                #"{"on":"eth_sendRawTransaction","do":"error","message":"\#(words)","times":6}"#
            )
            let admissions = try await fixture.admitEach(0..<6)
            try await eventually("it has tried") { try await fixture.chain.received().count >= 6 }
            try await fixture.chain.mine(3)
            for admission in admissions {
                #expect(try await !fixture.distribution(admission.id).state.isAtLeast(.mined))
            }
            let distributions = try await fixture.endedWhileMining(admissions)
            try await fixture.expectOneCoinEach(0..<6, distributions)
        }
    }

    /// Failure mode 19.
    @Test func `19: a nonce that is too low because it was stolen is no success`() async throws {
        var options = FaucetFixture.Options()
        options.chain.rules = .geth
        try await FaucetFixture.with(options) { fixture in
            try await fixture.refuseSending()
            let admissions = try await fixture.admitEach(0..<5)
            try await fixture.untilHeld("pool-full")
            try await Self.steal(0..<3, fixture)
            try await fixture.chain.clearFaults()
            let distributions = try await fixture.ended(admissions)
            try await fixture.expectOneCoinEach(0..<5, distributions, others: 3)
        }
    }
}
