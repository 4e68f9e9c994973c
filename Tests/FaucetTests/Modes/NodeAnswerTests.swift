import Ethereum
import Faucet
import Support
import Testing

/// The answers of a node, and their absence: modes 7, 8, 9, 12, 13, 14 and 33.
@Suite(.serialized)
struct NodeAnswerTests {
    struct Case: Sendable, CustomStringConvertible {
        let mode: Int
        let faults: [String]

        var description: String { "\(self.mode): \(self.faults)" }
    }

    private static let send = #""on":"eth_sendRawTransaction""#

    static let cases: [Case] = [
        Case(mode: 7, faults: ["{\(Self.send),\"do\":\"drop-reply\"}"]),
        Case(mode: 7, faults: ["{\(Self.send),\"do\":\"drop-reply\",\"times\":3}"]),
        Case(mode: 7, faults: ["{\(Self.send),\"do\":\"delay\",\"seconds\":1.5}"]),
        Case(mode: 7, faults: ["{\(Self.send),\"do\":\"delay\",\"seconds\":1.5,\"carried\":false}"]),
        Case(mode: 8, faults: ["{\(Self.send),\"do\":\"reset\",\"after\":6}"]),
        Case(mode: 8, faults: ["{\(Self.send),\"do\":\"reset\",\"carried\":true}"]),
        Case(mode: 9, faults: ["{\(Self.send),\"do\":\"http\",\"status\":429}"]),
        Case(mode: 9, faults: ["{\(Self.send),\"do\":\"http\",\"status\":502,\"times\":2}"]),
        Case(mode: 9, faults: ["{\(Self.send),\"do\":\"http\",\"status\":502,\"carried\":true}"]),
        Case(mode: 9, faults: ["{\(Self.send),\"do\":\"garbage\"}"]),
        Case(mode: 9, faults: ["{\(Self.send),\"do\":\"missing\",\"skip\":3,\"times\":4}"]),
        Case(mode: 9, faults: ["{\(Self.send),\"do\":\"shuffle\",\"times\":-1}"]),
        Case(mode: 9, faults: ["{\"do\":\"shuffle\",\"times\":-1}", "{\"do\":\"garbage\",\"skip\":9,\"times\":3}"]),
        Case(
            mode: 9,
            faults: [
                #"{"on":"eth_getTransactionReceipt","do":"missing","skip":2,"times":3}"#,
                #"{"on":"eth_getBlockReceipts","do":"missing","times":2}"#, #"{"do":"http","skip":12}"#,
            ]
        ),
        Case(
            mode: 9,
            faults: [
                #"{"on":"eth_getTransactionReceipt","do":"error","message":"internal error","code":-32603,"times":4}"#,
                #"{"on":"eth_getBlockReceipts","do":"error","message":"internal error","code":-32603,"times":4}"#,
            ]
        ),
        Case(mode: 33, faults: ["{\(Self.send),\"do\":\"hang\",\"seconds\":1.5}"]),
        Case(mode: 33, faults: ["{\(Self.send),\"do\":\"hang\",\"seconds\":1.5,\"carried\":true}"]),
    ]

    /// Failure modes 7, 8, 9 and 33.
    @Test(arguments: Self.cases, [ChainNode.Mining.auto, .interval(seconds: 0.3)])
    func `7, 8, 9, 33: whatever a node answers, each coin arrives once`(
        trouble: Case,
        mining: ChainNode.Mining
    ) async throws {
        var options = FaucetFixture.Options()
        options.chain.mining = mining
        options.chain.rules = mining == .auto ? .hardhat : .geth
        options.callTimeout = .seconds(1)
        try await FaucetFixture.with(options) { fixture in
            for fault in trouble.faults { try await fixture.chain.fault(fault) }
            let admissions = try await fixture.admitEach(0..<20)
            let distributions = try await fixture.ended(admissions)
            // A fault that has not struck, because the lane asked in another way, is not for the questions that follow.
            try await fixture.chain.clearFaults()
            try await fixture.expectOneCoinEach(0..<20, distributions)
        }
    }

    /// Failure mode 12.
    @Test func `12: behind a transaction that a strict node has lost, all others are sent again`() async throws {
        try await FaucetFixture.with { fixture in
            try await fixture.chain.fault(
                #"{"on":"eth_sendRawTransaction","do":"accept-then-drop","skip":4}"#,
                #"{"on":"eth_sendRawTransaction","do":"accept-then-drop","skip":20,"times":2}"#
            )
            let admissions = try await fixture.admitEach(0..<20)
            let distributions = try await fixture.ended(admissions)
            try await fixture.expectOneCoinEach(0..<20, distributions)
            #expect(fixture.logs.lines.contains { $0.metadata["reason"] == "nonce-too-high" })
        }
    }

    /// Failure mode 13.
    @Test func `13: transactions that a node accepted and dropped are sent again`() async throws {
        var options = FaucetFixture.Options()
        options.chain.rules = .geth
        options.chain.mining = .interval(seconds: 0.3)
        try await FaucetFixture.with(options) { fixture in
            // Behind the gap it keeps 64 and forgets the others, without a word.
            try await fixture.chain.fault(#"{"on":"eth_sendRawTransaction","do":"accept-then-drop"}"#)
            let admissions = try await fixture.admitEach(0..<90)
            let distributions = try await fixture.ended(admissions)
            try await fixture.expectOneCoinEach(0..<90, distributions)
            let sent = try await fixture.chain.received()
            #expect(sent.count > 90)
            #expect(Set(sent).count == 90)
        }
    }

    /// Failure mode 14.
    @Test(arguments: ChainNode.Rules.allCases, [true, false])
    func `14: a node that comes back with an empty pool gets everything again`(
        rules: ChainNode.Rules,
        isKilled: Bool
    ) async throws {
        var options = FaucetFixture.Options()
        options.chain.rules = rules
        options.chain.mining = .manual
        try await FaucetFixture.with(options) { fixture in
            let admissions = try await fixture.admitEach(0..<20)
            try await fixture.untilState(.submitted, admissions)
            if isKilled {
                fixture.chain.kill()
                try fixture.chain.start()
            } else {
                try await fixture.chain.clearPool()
            }
            let distributions = try await fixture.endedWhileMining(admissions)
            try await fixture.expectOneCoinEach(0..<20, distributions)
        }
    }

    /// Failure mode 33.
    @Test func `33: a node that hangs holds nothing up for longer than it hangs`() async throws {
        var options = FaucetFixture.Options()
        options.chain.rules = .geth
        options.chain.mining = .manual
        options.callTimeout = .milliseconds(500)
        try await FaucetFixture.with(options) { fixture in
            let waiting = try await fixture.admitEach(0..<5)
            try await fixture.untilState(.submitted, waiting)
            fixture.chain.pause()
            let others = try await fixture.admitEach(5..<10)
            try await fixture.untilHeld("node-unreachable")
            fixture.chain.resume()
            let distributions = try await fixture.endedWhileMining(waiting + others)
            try await fixture.expectOneCoinEach(0..<10, distributions)
        }
    }

    /// Failure mode 33.
    @Test func `33: a node that takes longer than the lane's pause is still sent to`() async throws {
        var options = FaucetFixture.Options()
        let chain = try ChainNode(options.chain)
        defer { chain.kill() }
        let proxy = try await FaultProxy(to: chain.port)
        proxy.mode = .latency(.milliseconds(80))
        options.nodes = ["http://127.0.0.1:\(proxy.port)"]
        options.lane.poll = .milliseconds(20)
        try await FaucetFixture.with(options, chain: chain) { fixture in
            let admissions = try await fixture.admitEach(0..<10)
            let distributions = try await fixture.ended(admissions)
            try await fixture.expectOneCoinEach(0..<10, distributions)
        }
        try await proxy.stop()
    }
}
