import AuditSupport
import Ethereum
import Evidence
import Faucet
import RESP
import Redis
import Support
import Testing

/// Each way in which records and chain can disagree, made once.
@Suite
struct FaucetViolationTests {
    typealias Kind = FaucetAudit.Kind

    private static let other = "0x1111111111111111111111111111111111111111"
    private static let strangeHash = "0x" + String(repeating: "ab", count: 32)

    /// Something that somebody breaks, and all that an audit must say of it.
    struct Damage: Sendable, CustomTestStringConvertible {
        let name: String
        let kinds: Set<Kind>
        /// Gets the ids of confirmed distributions, and of one that waits in the node's pool.
        let apply: @Sendable (FaucetFixture, [String], String) async throws -> Void

        init(
            _ name: String,
            _ kinds: Set<Kind>,
            _ apply: @escaping @Sendable (FaucetFixture, [String], String) async throws -> Void
        ) {
            self.name = name
            self.kinds = kinds
            self.apply = apply
        }

        var testDescription: String { self.name }
    }

    /// Writes fields of a record.
    private static func set(_ fixture: FaucetFixture, _ id: String, _ fields: (String, String)...) async throws {
        for (name, value) in fields {
            try await fixture.send("HSET", .key(FaucetKeys.distribution(id)), .text(name), .text(value))
        }
    }

    private static func get(_ fixture: FaucetFixture, _ id: String, _ name: String) async throws -> String {
        try #require(try await fixture.send("HGET", .key(FaucetKeys.distribution(id)), .text(name)).string)
    }

    private static let inRedis = [
        Damage("a key of nobody", [.unknownKey]) { fixture, _, _ in
            try await fixture.send("SET", "tally:{faucet}:strange:thing", "1")
        },
        Damage("a record that is a string", [.wrongType]) { fixture, ids, _ in
            try await fixture.send("SET", .key(FaucetKeys.distribution(ids[0])), "1")
        },
        Damage("an open set that is a string", [.wrongType, .openWrong]) { fixture, _, _ in
            try await fixture.send("SET", .key(FaucetKeys.open(fixture.laneOfEra())), "1")
        },
        Damage("an amount that is no number", [.recordInvalid]) { fixture, ids, _ in
            try await Self.set(fixture, ids[0], ("amount", "many"))
        },
        Damage("a list of half a hash", [.recordInvalid]) { fixture, ids, _ in
            try await Self.set(fixture, ids[0], ("noops", "0x12"))
        },
        Damage("a record that is gone too early", [.recordMissing]) { fixture, ids, _ in
            try await fixture.send("DEL", .key(FaucetKeys.distribution(ids[1])))
        },
        Damage("an open one without a record", [.recordMissing]) { fixture, _, open in
            try await fixture.send("ZREM", .key(FaucetKeys.bound(fixture.laneOfEra())), .text(open))
            try await fixture.send("DEL", .key(FaucetKeys.distribution(open)))
        },
        Damage("a record for good", [.expiryWrong]) { fixture, ids, _ in
            try await fixture.send("PERSIST", .key(FaucetKeys.distribution(ids[0])))
        },
        Damage("an open one that expires", [.expiryWrong]) { fixture, _, open in
            try await fixture.send("PEXPIRE", .key(FaucetKeys.distribution(open)), 1_000_000)
        },
        Damage("a record of a later era", [.eraWrong, .boundWrong]) { fixture, ids, _ in
            try await Self.set(fixture, ids[0], ("era", "7"))
        },
        Damage("a nonce that its lane does not know", [.boundWrong]) { fixture, ids, _ in
            try await fixture.send("ZREM", .key(FaucetKeys.bound(fixture.laneOfEra())), .text(ids[1]))
        },
        Damage("an open one that its lane does not see", [.openWrong]) { fixture, _, open in
            try await fixture.send("ZREM", .key(FaucetKeys.open(fixture.laneOfEra())), .text(open))
        },
        Damage("one that is over and stays open", [.openWrong]) { fixture, ids, _ in
            try await fixture.send("ZADD", .key(FaucetKeys.open(fixture.laneOfEra())), 0, .text(ids[0]))
        },
        Damage("two records with one nonce", [.nonceRepeated, .hashRepeated]) { fixture, ids, _ in
            let copy = try fixture.faucet.makeID()
            let key = RedisArgument.key(FaucetKeys.distribution(ids[2]))
            try await fixture.send("COPY", key, .key(FaucetKeys.distribution(copy)))
            try await fixture.send("ZADD", .key(FaucetKeys.bound(fixture.laneOfEra())), 2, .text(copy))
        },
        Damage("a counter that is set back", [.counterLow]) { fixture, _, _ in
            try await fixture.send("SET", .key(FaucetKeys.nonce(fixture.laneOfEra())), 3)
        },
        Damage("a counter that is gone", [.counterLow]) { fixture, _, _ in
            try await fixture.send("DEL", .key(FaucetKeys.nonce(fixture.laneOfEra())))
        },
        Damage("bytes that are none", [.bytesWrong]) { fixture, _, open in
            try await Self.set(fixture, open, ("raw", "0x1234"))
        },
        Damage("another one's bytes", [.bytesWrong]) { fixture, ids, open in
            try await Self.set(fixture, open, ("raw", try await Self.get(fixture, ids[0], "raw")))
        },
    ]

    private static let onChain = [
        Damage("another address than was paid", [.transactionWrong]) { fixture, ids, _ in
            try await Self.set(fixture, ids[0], ("address", Self.other))
        },
        Damage("another amount than was paid", [.transactionWrong]) { fixture, ids, _ in
            try await Self.set(fixture, ids[0], ("amount", "2000000000000000000"))
        },
        Damage("another block", [.receiptWrong]) { fixture, ids, _ in
            try await Self.set(fixture, ids[0], ("block", "12345"))
        },
        Damage("another price", [.receiptWrong]) { fixture, ids, _ in
            try await Self.set(fixture, ids[0], ("gas_price", "7"))
        },
        Damage("a confirmed one that is on no chain", [.notDelivered]) { fixture, ids, _ in
            let hash = Self.strangeHash
            try await Self.set(fixture, ids[0], ("hash", hash), ("hashes", hash), ("mined_hash", hash), ("block", "1"))
        },
        Damage("a confirmed one whose transaction was of nothing", [.notDelivered, .transactionWrong]) {
            fixture,
            ids,
            _ in
            try await Self.set(fixture, ids[0], ("noops", try await Self.get(fixture, ids[0], "mined_hash")))
        },
        Damage("a failed one that delivered", [.failedWrong]) { fixture, ids, _ in
            try await Self.set(fixture, ids[0], ("state", "failed"), ("reason", "reverted"))
        },
        Damage("a failed one that is on no chain", [.failedWrong]) { fixture, ids, _ in
            let hash = Self.strangeHash
            try await Self.set(
                fixture,
                ids[0],
                ("state", "failed"),
                ("reason", "cancelled"),
                ("hash", hash),
                ("hashes", hash),
                ("mined_hash", hash)
            )
        },
        Damage("a filler that a stranger was quicker than", [.foreign]) { fixture, ids, _ in
            try await Self.set(fixture, ids[0], ("kind", "filler"), ("state", "failed"), ("reason", "cancelled"))
            let key = RedisArgument.key(FaucetKeys.distribution(ids[0]))
            try await fixture.send("HDEL", key, "hash", "hashes", "mined_hash", "block")
        },
        Damage("one that paid under two nonces", [.paidTwice]) { fixture, ids, _ in
            let hash = try await Self.get(fixture, ids[1], "mined_hash")
            try await Self.set(fixture, ids[2], ("lost", "1"), ("lost_hashes", hash))
            try await fixture.send("ZREM", .key(FaucetKeys.bound(fixture.laneOfEra())), .text(ids[1]))
            try await fixture.send("DEL", .key(FaucetKeys.distribution(ids[1])))
        },
        Damage("a nonce of nobody", [.foreign]) { fixture, ids, _ in
            try await fixture.send("ZREM", .key(FaucetKeys.bound(fixture.laneOfEra())), .text(ids[1]))
            try await fixture.send("DEL", .key(FaucetKeys.distribution(ids[1])))
        },
    ]

    @Test
    func `each damage is named, and nothing else is`() async throws {
        try await FaucetFixture.afterwards(FaucetFixture.still) { fixture in
            try await fixture.mineAll(try await fixture.admit(count: 5))
            try await fixture.untilSubmitted(try await fixture.admit().id)
        } body: { fixture in
            let bound = FaucetKeys.bound(try fixture.laneOfEra())
            let ids = (try await fixture.send("ZRANGE", .key(bound), 0, -1).array ?? []).compactMap(\.string)
            try #require(ids.count == 6)
            let whole = try await fixture.audit()
            #expect(whole.isClean, "\(whole.text)")
            for damage in Self.inRedis + Self.onChain {
                try await fixture.node.undoing {
                    try await damage.apply(fixture, Array(ids.prefix(5)), ids[5])
                    let report = try await fixture.audit()
                    #expect(report.kinds == damage.kinds, "\(damage.name):\n\(report.text)")
                    #expect(report.exitCode == 1)
                    #expect(report.undecided == [])
                }
            }
            let unfinished = try await fixture.audit { $0.isSettled = true }
            #expect(unfinished.kinds == [.unfinished])
            #expect(unfinished.violations.first.map(\.key) == [FaucetKeys.distribution(ids[5])])
            #expect(try await fixture.audit().isClean)
        }
    }

    @Test
    func `coins that nobody accounts for are missed`() async throws {
        try await FaucetFixture.afterwards(FaucetFixture.Options()) { fixture in
            try await fixture.ended(try await fixture.admit(count: 3))
        } body: { fixture in
            try await fixture.chain.setBalance(FaucetFixture.sender, to: "0x56bc75e2d63100000")
            try await fixture.chain.mine()
            let report = try await fixture.audit()
            #expect(report.kinds == [.balanceWrong], "\(report.text)")
            #expect(report.senders.map(\.proof) == [.violated])
        }
    }

    @Test
    func `a transaction of somebody else is named, before and after its nonce was given up`() async throws {
        var options = FaucetFixture.still
        options.lane.foreignReads = 2
        try await FaucetFixture.afterwards(options) { fixture in
            try await fixture.mineAll(try await fixture.admit(count: 2))
            try await fixture.untilSubmitted(try await fixture.admit().id)
        } body: { fixture in
            try await fixture.chain.clearPool()
            let hash = try await fixture.chain.send(from: FaucetFixture.sender, to: Self.other, value: "0x1")
            try await fixture.chain.mine()
            #expect(try await fixture.chain.receipt(of: hash) != nil)
            let before = try await fixture.audit()
            #expect(before.kinds == [.foreign], "\(before.text)")

            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await fixture.work("worker") }
                let id = try #require(
                    try await fixture.send("ZRANGE", .key(FaucetKeys.bound(fixture.laneOfEra())), -1, -1).array?.first?
                        .string
                )
                try await eventually("it gets another nonce", within: .seconds(30)) {
                    try await fixture.distribution(id).nonce == 3
                }
                try await eventually("\(id) is over", within: .seconds(30)) {
                    try await fixture.chain.mine()
                    return try await fixture.distribution(id).state.isTerminal
                }
                group.cancelAll()
            }
            let after = try await fixture.audit { $0.isSettled = true }
            #expect(after.kinds == [.foreign], "\(after.text)")
            #expect(after.violations.first.first?.found.contains("nonce 2; 2 was") == true, "\(after.text)")
            #expect(after.delivered == 3)
        }
    }
}
