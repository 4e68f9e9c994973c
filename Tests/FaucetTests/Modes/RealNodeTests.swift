import Ethereum
import EthereumRPC
import Evidence
import Faucet
import Foundation
import JSON
import Logging
import RESP
import Redis
import Support
import Testing

/// The habits of real nodes that a tame one lacks: little state, small batches, tips, small pools, chains that come
/// back.
@Suite(.serialized)
struct RealNodeTests {
    private static let stranger = "0x00000000000000000000000000000000deadbeef"

    /// geth's rules, and more of the node's arguments.
    private static func options(_ mining: ChainNode.Mining, _ arguments: String...) -> FaucetFixture.Options {
        var options = FaucetFixture.Options()
        options.chain.rules = .geth
        options.chain.mining = mining
        options.chain.arguments += arguments
        return options
    }

    private static func status(_ fixture: FaucetFixture) async throws -> FaucetStatus.Lane {
        try #require(try await FaucetAdmin(redis: fixture.node).status().lanes.first)
    }

    /// Why a distribution waits, as its record says.
    private static func waiting(_ fixture: FaucetFixture, _ admission: Admission) async throws -> Waiting? {
        let distribution = try await fixture.distribution(admission.id)
        return try await fixture.faucet.waiting([distribution])[admission.id]
    }

    /// Distributions that are signed, and that no node has been given: their worker is gone.
    private static func signed(_ range: Range<Int>, _ fixture: FaucetFixture) async throws -> [Admission] {
        try await fixture.refuseSending()
        let admissions = try await fixture.withProcess("first") { process in
            try await process.untilReady()
            let admissions = try await process.admitEach(range)
            try await process.untilState(.signed, admissions)
            return admissions
        }
        try await fixture.chain.clearFaults()
        return admissions
    }

    // MARK: No old state

    @Test func `without old state, who used a nonce is found in blocks, and the coin gets another`() async throws {
        var options = Self.options(.manual, "--state-blocks", "3")
        options.workers = 0
        try await FaucetFixture.with(options) { fixture in
            let admissions = try await Self.signed(0..<5, fixture)
            for _ in 0..<5 { try await fixture.chain.send(from: FaucetFixture.sender, to: Self.stranger, value: "0x1") }
            try await fixture.chain.mine(30)
            try await fixture.withProcess("second") { process in
                let distributions = try await process.endedWhileMining(admissions)
                try await process.expectOneCoinEach(0..<5, distributions, others: 5)
                #expect(distributions.flatMap(\.lostNonces).sorted() == [0, 1, 2, 3, 4])
            }
        }
    }

    @Test func `a nonce that nothing has used says so, and ends on an operator's word`() async throws {
        var options = Self.options(.manual, "--state-blocks", "3")
        options.workers = 0
        try await FaucetFixture.with(options) { fixture in
            let admissions = try await Self.signed(0..<2, fixture)
            try await fixture.chain.call("hardhat_setNonce", "\"\(FaucetFixture.sender)\"", "\"0x2\"")
            try await fixture.chain.mine(30)
            try await fixture.withProcess("second") { process in
                try await eventually("both say so") {
                    for admission in admissions {
                        guard try await Self.waiting(process, admission)?.reason == .nonceUsed else { return false }
                    }
                    return try await Self.status(process).waiting?.reason == .nonceUsed
                }
                let waiting = try #require(try await Self.waiting(process, admissions[1]))
                #expect(waiting.detail.contains("nonce 1") && waiting.detail.contains("tally faucet cancel"))
                #expect(waiting.since != nil)
                let admin = FaucetAdmin(redis: process.node)
                #expect(try await admin.status().text.contains("waits for  nonce-used: nonce"))
                #expect(try await admin.status().json.contains("\"reason\":\"nonce-used\""))
                for admission in admissions { #expect(try await admin.cancel(admission.id) == .asked) }
                let distributions = try await process.ended(admissions)
                #expect(distributions.allSatisfy { $0.state == .failed && $0.reason == "cancelled" })
                // The lane goes on.
                let more = try await process.endedWhileMining(try await process.admitEach(2..<4))
                #expect(more.allSatisfy { $0.state == .confirmed })
            }
        }
    }

    // MARK: Small batches, tips, prices

    @Test(arguments: [(100, 20), (100, 1), (2, 1000)])
    func `coins arrive whatever a node takes at once, and whatever the settings allow`(
        setting: Int,
        limit: Int
    ) async throws {
        var options = Self.options(.auto, "--batch-limit", "\(limit)")
        options.batchLimit = setting
        try await FaucetFixture.with(options) { fixture in
            let distributions = try await fixture.ended(try await fixture.admitEach(0..<25))
            try await fixture.expectOneCoinEach(0..<25, distributions)
            #expect(try await fixture.chain.received().count == 25)
        }
    }

    @Test func `a tip that a node asks for is offered at once, and by all that follow`() async throws {
        let options = Self.options(.auto, "--tip", "1", "--min-tip", "5000000000")
        try await FaucetFixture.with(options) { fixture in
            var distributions = try await fixture.ended(try await fixture.admitEach(0..<3))
            let sends = try await fixture.chain.received().count
            #expect(sends <= 6)
            distributions += try await fixture.ended(try await fixture.admitEach(3..<8))
            try await fixture.expectOneCoinEach(0..<8, distributions)
            #expect(try await fixture.chain.received().count == sends + 5)
            let fee = try await Self.status(fixture).fee
            #expect(fee.hasSuffix(" 5000000000"))
        }
    }

    @Test func `only our own cap is in the way of what a node asks for, and the status names its price`() async throws {
        var options = Self.options(.auto, "--tip", "1", "--min-tip", "5000000000")
        options.lane.fees.cap = Wei(4_000_000_000)
        try await FaucetFixture.with(options) { fixture in
            let admission = try await fixture.admit()
            try await fixture.untilHeld("fee-too-low")
            let lane = try await Self.status(fixture)
            #expect(lane.waiting?.detail.contains("5000000000 wei") == true)
            #expect(try await Self.waiting(fixture, admission)?.reason == .feeTooLow)
        }
    }

    @Test func `a gas price that follows what is paid does not rise by us`() async throws {
        var options = Self.options(.auto)
        options.chain.isLegacy = true
        try await FaucetFixture.with(options) { fixture in
            for number in 0..<12 { try await fixture.ended(try await fixture.admitEach(number..<number + 1)) }
            #expect(try await Self.status(fixture).fee == "legacy 1000000000")
            let price = try await fixture.chain.text("eth_gasPrice")
            #expect(price == "0x3b9aca00")
        }
    }

    // MARK: Small pools

    @Test func `a node that keeps 32 is given 32, and each transaction about once`() async throws {
        let options = Self.options(.manual, "--pool", "16/32/16/64")
        try await FaucetFixture.with(options) { fixture in
            let admissions = try await fixture.admitEach(0..<250)
            // However slow the lane is, no block comes between a look and what follows from it.
            while try await fixture.chain.nonce(of: FaucetFixture.sender) < 250 {
                try await fixture.untilLaneRests()
                try await fixture.chain.mine()
            }
            let distributions = try await fixture.endedWhileMining(admissions)
            let sends = try await fixture.chain.received().count
            // The node forgets half of the first 64; each growth that it does not bear costs an eighth.
            #expect(sends <= 250 + 64, "\(sends)")
            try await fixture.expectOneCoinEach(0..<250, distributions)
        }
    }

    @Test func `a full pool that calls everything underpriced is not paid more`() async throws {
        let options = Self.options(.interval(seconds: 0.2), "--pool", "2/10/0/0")
        try await FaucetFixture.with(options) { fixture in
            let distributions = try await fixture.ended(try await fixture.admitEach(0..<40))
            try await fixture.expectOneCoinEach(0..<40, distributions)
            #expect(distributions.allSatisfy { $0.hashes.count == 1 })
        }
    }

    // MARK: Chains that come back

    @Test func `a chain anew with the same genesis is replayed until an operator begins an era`() async throws {
        var options = Self.options(.manual, "--genesis-time", "1700000000")
        options.chain.keepsBlocks = false
        try await FaucetFixture.with(options) { fixture in
            let admin = FaucetAdmin(redis: fixture.node)
            let before = try await fixture.endedWhileMining(try await fixture.admitEach(0..<10))
            #expect(try await fixture.eraNumber() == 1)
            fixture.chain.kill()
            try fixture.chain.start()
            try await eventually("it is replayed") { try await Self.status(fixture).waiting?.reason == .replaying }
            let lane = try await Self.status(fixture)
            #expect(lane.replaying == 10)
            #expect(lane.waiting?.detail.contains("replaying 10 of the chain before") == true)
            let new = try await fixture.admitEach(10..<13)
            #expect(try await Self.waiting(fixture, new[0])?.reason == .replaying)
            #expect(try await admin.status().json.contains("\"replaying\":10"))
            let (era, openCount) = try await admin.beginEra()
            #expect(era.number == 2 && openCount >= 3)
            let distributions = try await fixture.endedWhileMining(new)
            #expect(distributions.allSatisfy { $0.state == .confirmed && $0.era == 2 })
            for address in FaucetFixture.addresses(10..<13) {
                #expect(try await fixture.balance(address) == fixture.options.faucet.amount)
            }
            for old in before {
                let now = try await fixture.distribution(old.id)
                #expect(now.state == .confirmed && now.era == 1)
            }
            let report = try await fixture.audit { $0.isSettled = true }
            #expect(report.isClean, "\(report.text)")
        }
    }

    @Test func `an era that begins on a chain that goes on pays nothing twice`() async throws {
        try await FaucetFixture.with(Self.options(.manual)) { fixture in
            var distributions = try await fixture.endedWhileMining(try await fixture.admitEach(0..<3))
            let waiting = try await fixture.admitEach(3..<8)
            try await fixture.untilState(.submitted, waiting)
            _ = try await FaucetAdmin(redis: fixture.node).beginEra()
            let new = [
                try await fixture.admitStubbornly(FaucetFixture.addresses(8..<9)[0]),
                try await fixture.admitStubbornly(FaucetFixture.addresses(9..<10)[0]),
            ]
            try await eventually("the lane says so") {
                try await Self.status(fixture).waiting?.reason == .carryingOver
            }
            distributions += try await fixture.endedWhileMining(waiting + new)
            try await fixture.expectOneCoinEach(0..<10, distributions)
        }
    }

    @Test(arguments: [true, false])
    func `what is in another block after a reorganisation is corrected, and the audit is clean`(
        isReverted: Bool
    ) async throws {
        try await FaucetFixture.with(Self.options(.auto)) { fixture in
            var distributions = try await fixture.ended(try await fixture.admitEach(0..<4))
            let snapshot = try await fixture.chain.text("evm_snapshot")
            distributions += try await fixture.ended(try await fixture.admitEach(4..<8))
            if isReverted {
                try await fixture.chain.call("evm_revert", "\"\(snapshot)\"")
            } else {
                try await fixture.chain.reorganize(depth: 3)
            }
            try await eventually("the audit is clean") {
                guard try await fixture.chain.nonce(of: FaucetFixture.sender) == 8 else { return false }
                return try await fixture.audit { $0.isSettled = true }.isClean
            }
            try await fixture.expectOneCoinEach(0..<8, distributions)
            let after = try await fixture.distribution(distributions[7].id)
            #expect(after.minedHash == distributions[7].minedHash && after.blockHash != distributions[7].blockHash)
        }
    }

    // MARK: Receipts and blocks

    @Test func `receipts come by block where a node has them`() async throws {
        try await FaucetFixture.with(Self.options(.manual)) { fixture in
            let admissions = try await fixture.admitEach(0..<40)
            try await fixture.untilState(.submitted, admissions)
            let before = try await fixture.chain.calls()["eth_getTransactionReceipt"] ?? 0
            try await fixture.chain.mine()
            let distributions = try await fixture.ended(admissions)
            let calls = try await fixture.chain.calls()
            #expect(calls["eth_getBlockReceipts"] ?? 0 > 0)
            #expect((calls["eth_getTransactionReceipt"] ?? 0) - before < 10)
            try await fixture.expectOneCoinEach(0..<40, distributions)
        }
    }

    @Test func `fees are known where receipts do not tell the price, and no chain is called another at the start`()
        async throws
    {
        var options = Self.options(.auto)
        options.chain.isLegacy = true
        try await FaucetFixture.with(options) { fixture in
            let distributions = try await fixture.ended(try await fixture.admitEach(0..<5))
            try await fixture.expectOneCoinEach(0..<5, distributions)
            let report = try await fixture.audit { $0.isSettled = true }
            #expect(report.isClean, "\(report.text)")
            #expect(report.feesWei == Wei(5 * 21_000 * 1_000_000_000))
            #expect(!fixture.logs.lines.contains { $0.message.contains("other_chain") })
            #expect(!fixture.logs.lines.contains { $0.level == .warning && $0.message.hasPrefix("A node is now") })
        }
    }

    @Test func `a chain that makes no block is told, with the time of the last one`() async throws {
        var options = Self.options(.manual)
        options.lane.blockSilence = .milliseconds(200)
        try await FaucetFixture.with(options) { fixture in
            let admission = try await fixture.admit()
            try await eventually("the lane says so") { try await Self.status(fixture).waiting?.reason == .noBlock }
            let waiting = try #require(try await Self.waiting(fixture, admission))
            #expect(waiting.reason == .noBlock)
            #expect(waiting.since == (try await Self.status(fixture).headSince) && waiting.since != nil)
            let text = try await FaucetAdmin(redis: fixture.node).status().text
            #expect(text.contains("waits for  no-block: no block since"))
            try await fixture.endedWhileMining([admission])
            #expect(try await fixture.faucet.waiting([fixture.distribution(admission.id)]).isEmpty)
        }
    }

    @Test func `every reason is in the description of the interface, and operators are told what to do`() throws {
        let root = ChainNode.source.deletingLastPathComponent()
        let description = try Data(contentsOf: root.appending(path: "Sources/OpenAPI/openapi.json"))
        var value = try JSONParser.parse(Array(description))
        for name in ["components", "schemas", "DistributionWaiting", "properties", "reason", "enum"] {
            guard case .object(let members) = value else { break }
            value = members[name] ?? .null
        }
        #expect(value == .array(Waiting.Reason.allCases.map { .string($0.rawValue) }))
        let manual = try String(contentsOf: root.appending(path: "docs/operations.md"), encoding: .utf8)
        for reason in Waiting.Reason.allCases { #expect(manual.contains("`\(reason.rawValue)`"), "\(reason)") }
    }

    @Test func `what waits without a worker says so`() async throws {
        var options = Self.options(.manual)
        options.workers = 0
        try await FaucetFixture.with(options) { fixture in
            let admissions = try await Self.signed(0..<1, fixture)
            let lane = FaucetKeys.lane(try await fixture.lane())
            _ = try await fixture.ask("HSET", lane, "seen_ms", "1")
            #expect(try await Self.waiting(fixture, admissions[0])?.reason == .noWorker)
            #expect(try await Self.status(fixture).waiting?.reason == .noWorker)
        }
    }
}
