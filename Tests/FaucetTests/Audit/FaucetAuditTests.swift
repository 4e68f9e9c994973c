import Ethereum
import EthereumRPC
import Evidence
import Faucet
import JSON
import Logging
import Outbound
import RESP
import Redis
import Support
import Testing

/// Systems in which all is right, however they came about.
@Suite
struct FaucetAuditTests {
    private let stranger = "0x1111111111111111111111111111111111111111"

    @Test
    func `without a faucet there is nothing to prove`() async throws {
        var options = FaucetFixture.Options()
        options.workers = 0
        try await FaucetFixture.with(options) { fixture in
            let report = try await fixture.audit()
            #expect(report.isClean)
            #expect(report.era == nil)
            #expect(report.distributions == 0)
        }
    }

    @Test
    func `coins that arrived, came back or were cancelled add up, of two senders`() async throws {
        var options = FaucetFixture.still
        options.senders = [0, 1]
        // Enough for the contract's refusal to be mined.
        options.lane.gasLimit = 60_000
        try await FaucetFixture.with(options) { fixture in
            let contract = "0x2222222222222222222222222222222222222222"
            try await fixture.chain.makeRejecting(contract)
            let coins = try await fixture.admit(count: 8)
            let refused = try await fixture.admit(contract)
            try await fixture.mineAll(coins + [refused])
            let cancelled = try await fixture.admit()
            try await fixture.untilSubmitted(cancelled.id)
            let answer = try await FaucetAdmin(redis: fixture.node).cancel(cancelled.id)
            #expect(answer == .asked)
            try await eventually("its nonce gets another transaction") {
                try await fixture.distribution(cancelled.id).hashes.count == 2
            }
            // The node takes the place of the coin's bytes; only then may a block come.
            try await eventually("the node has it") {
                let newest = try await fixture.distribution(cancelled.id).hash?.text ?? ""
                return try await fixture.chain.call("eth_getTransactionByHash", "\"\(newest)\"") != .null
            }
            try await fixture.mineAll([cancelled])
            #expect(try await fixture.distribution(cancelled.id).reason == "cancelled")
            #expect(try await fixture.distribution(refused.id).reason == "reverted")

            let report = try await fixture.audit { $0.isSettled = true }
            #expect(report.isClean, "\(report.text)")
            #expect(report.states == [.confirmed: 8, .failed: 2])
            #expect(report.delivered == 8)
            #expect(report.deliveredWei.coins == "8")
            #expect(report.oldest == nil)
            #expect(report.senders.count == 2)
            #expect(report.senders.map(\.delivered).sorted() != [0, 8])
            #expect(report.senders.allSatisfy { $0.proof == .proven(received: .zero) && $0.open == 0 })
            #expect(report.senders.map(\.chainNonce).reduce(0, +) == 10)
            #expect(report.text.contains("CLEAN") && report.json.contains("\"clean\":true"))
        }
    }

    @Test(arguments: [ChainNode.Mining.auto, .interval(seconds: 0.2)])
    func `it is clean at any moment while the faucet works`(mining: ChainNode.Mining) async throws {
        var options = FaucetFixture.Options()
        options.chain.mining = mining
        options.lane.confirmations = mining == .auto ? 0 : 1
        try await FaucetFixture.with(options) { fixture in
            try await withThrowingTaskGroup(of: [Admission].self) { group in
                group.addTask {
                    var admissions: [Admission] = []
                    for _ in 0..<150 {
                        admissions.append(try await fixture.admit())
                        try await Task.sleep(for: .milliseconds(10))
                    }
                    return admissions
                }
                var audits = 0
                while try await fixture.audit().distributions < 150 {
                    let report = try await fixture.audit()
                    #expect(report.isClean, "\(report.text)")
                    audits += 1
                }
                #expect(audits > 0)
                let admissions = try #require(try await group.next())
                // A block more, so that the last one is deep enough.
                try await fixture.ended(admissions)
            }
            let report = try await fixture.audit { $0.isSettled = true }
            #expect(report.isClean, "\(report.text)")
            #expect(report.delivered == 150)
        }
    }

    @Test
    func `what the key paid before, and what came in, is no violation`() async throws {
        var options = FaucetFixture.Options()
        options.workers = 0
        try await FaucetFixture.with(options) { fixture in
            for _ in 0..<3 {
                try await fixture.chain.send(from: FaucetFixture.sender, to: self.stranger, value: "0x5")
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await fixture.work("worker") }
                try await eventually { try await fixture.send("SCARD", .key(FaucetKeys.senders)).integerValue == 1 }
                let admissions = try await fixture.admit(count: 4)
                try await fixture.ended(admissions)
                try await fixture.chain.send(
                    from: FaucetFixture.recipient,
                    to: FaucetFixture.sender,
                    value: "0x6f05b59d3b20000"
                )
                let report = try await fixture.audit { $0.isSettled = true }
                #expect(report.isClean, "\(report.text)")
                let sender = try #require(report.senders.first)
                #expect(sender.usedBefore == 3)
                #expect(sender.proof == .proven(received: Wei(500_000_000_000_000_000)))
                #expect(sender.counter == 7)
                #expect(report.text.contains("3 nonces used before"))
                group.cancelAll()
            }
        }
    }

    @Test
    func `what is forgotten does not count, also in the block of what is known`() async throws {
        try await FaucetFixture.afterwards(FaucetFixture.still) { fixture in
            for _ in 0..<2 {
                let admissions = try await fixture.admit(count: 2)
                for admission in admissions { try await fixture.untilSubmitted(admission.id) }
                try await fixture.mineAll(admissions)
                #expect(Set(try await fixture.ended(admissions).map(\.block)).count == 1)
            }
        } body: { fixture in
            let bound = FaucetKeys.bound(try fixture.laneOfEra())
            let first = try #require(try await fixture.send("ZRANGE", .key(bound), 0, 0).array?.first?.string)
            try await fixture.send("DEL", .key(FaucetKeys.distribution(first)))
            let young = try await fixture.audit()
            #expect(young.kinds == [.recordMissing])
            // As old as that, its time is over.
            let old = try await fixture.audit { $0.keep = .zero }
            #expect(old.isClean, "\(old.text)")
            #expect(old.expired == 1)
            #expect(old.senders.map(\.proof) == [.proven(received: .zero)])
            try await fixture.send("ZREM", .key(bound), .text(first))
            let report = try await fixture.audit { $0.isSettled = true }
            #expect(report.isClean, "\(report.text)")
            #expect(report.senders.map(\.usedBefore) == [1])
            #expect(report.delivered == 3)
            #expect(report.senders.map(\.proof) == [.proven(received: .zero)])
        }
    }

    @Test
    func `a node without old balances proves the rest`() async throws {
        try await FaucetFixture.afterwards(FaucetFixture.Options()) { fixture in
            try await fixture.ended(try await fixture.admit(count: 3))
        } body: { fixture in
            try await fixture.chain.fault(
                #"{"on":"eth_getBalance","skip":1,"times":-1,"do":"error","code":-32000,"message":"missing trie node"}"#
            )
            let report = try await fixture.audit { $0.isSettled = true }
            #expect(report.isClean, "\(report.text)")
            let reason = "the node does not tell old balances: missing trie node"
            #expect(report.senders.map(\.proof) == [.skipped(reason)])
            #expect(report.text.contains(reason) && report.delivered == 3)
        }
    }

    @Test
    func `records of a chain that is gone are not compared with the next one`() async throws {
        try await FaucetFixture.with { fixture in
            let old = try await fixture.admit(count: 5)
            try await fixture.ended(old)
            try await fixture.chain.reset()
            try await eventually("a new era") {
                try await fixture.send("HGET", .key(FaucetKeys.era), "number").string == "2"
            }
            try await eventually("its lane is up") {
                try await fixture.send("EXISTS", .key(FaucetKeys.nonce(try fixture.laneOfEra(2)))).integerValue == 1
            }
            let new = try await fixture.admit(count: 3)
            try await fixture.ended(new)
            let report = try await fixture.audit { $0.isSettled = true }
            #expect(report.isClean, "\(report.text)")
            #expect(report.era == 2)
            #expect(report.earlier == 5)
            #expect(report.delivered == 3)
            #expect(report.distributions == 8)

            // Bytes of the first chain that were mined on the second: their record stays where it was.
            let (gone, here) = (old[1].id, new[1].id)
            try await fixture.send("DEL", .key(FaucetKeys.distribution(gone)))
            try await fixture.send("ZREM", .key(FaucetKeys.bound(fixture.laneOfEra(1))), .text(gone))
            try await fixture.send("ZREM", .key(FaucetKeys.bound(fixture.laneOfEra(2))), .text(here))
            try await fixture.send("ZADD", .key(FaucetKeys.bound(fixture.laneOfEra(1))), 1, .text(here))
            try await fixture.send("HSET", .key(FaucetKeys.distribution(here)), "era", "1")
            let again = try await fixture.audit { $0.isSettled = true }
            #expect(again.isClean, "\(again.text)")
            #expect(again.delivered == 3)
            #expect(again.earlier == 5)
            #expect(again.senders.map(\.proof) == [.proven(received: .zero)])
        }
    }

    @Test
    func `without its chain there is no report`() async throws {
        try await FaucetFixture.afterwards(FaucetFixture.Options()) { fixture in
            try await fixture.ended(try await fixture.admit(count: 1))
        } body: { fixture in
            try await fixture.chain.reset()
            let other = await Self.failure { try await fixture.audit() }
            #expect(other == .unusable("The nodes are of another chain than the faucet's records"))
            fixture.chain.kill()
            let silent = await Self.failure { try await fixture.audit() }
            #expect(silent == .unavailable("No node answers"))
        }
    }

    @Test
    func `a node that lags is no proof of a lost coin`() async throws {
        try await FaucetFixture.afterwards(FaucetFixture.Options()) { fixture in
            try await fixture.ended(try await fixture.admit(count: 3))
        } body: { fixture in
            try await fixture.chain.fault(#"{"on":"*","do":"lag","blocks":2,"times":-1}"#)
            let report = try await fixture.audit()
            #expect(report.violations.total == 0, "\(report.text)")
            #expect(report.undecided.count == 2, "\(report.text)")
            #expect(report.exitCode == 3)
        }
    }

    private static func failure(_ body: () async throws -> FaucetAudit.Report) async -> AuditError? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error as? AuditError
        }
    }
}
