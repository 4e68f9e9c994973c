import AuditSupport
import Evidence
import Faucet
import RESP
import Redis
import Testing

/// The reports of an audit of the faucet, to the byte.
@Suite
struct FaucetAuditBytesTests {
    /// Ids and prices, and so what is left of the sender's coins, are of one run.
    private static let changes =
        PinnedText.times + [
            (#"\b[0-9A-HJKMNP-TV-Z]{26}\b"#, "ID"), (#"0x[0-9a-f]{41,64}\b"#, "HASH"),
            (#"("(balance|fees)_wei":)"[0-9]+""#, "$1WEI"), (#"(fees |; balance )[0-9.]+"#, "$1COINS"),
        ]

    @Test
    func `the reports of a faucet that is right, and of one in which much is wrong`() async throws {
        try await FaucetFixture.afterwards(FaucetFixture.still) { fixture in
            try await fixture.mineAll(try await fixture.admit(count: 5))
            try await fixture.untilSubmitted(try await fixture.admit().id)
        } body: { fixture in
            let whole = try await fixture.audit()
            #expect(try PinnedText.difference(whole.json, from: "faucet-clean.json", replacing: Self.changes) == nil)
            #expect(try PinnedText.difference(whole.text, from: "faucet-clean.txt", replacing: Self.changes) == nil)
            try await Self.damage(fixture)
            let report = try await fixture.audit { $0.isSettled = true }
            #expect(
                try PinnedText.difference(report.json, from: "faucet-violated.json", replacing: Self.changes) == nil
            )
            #expect(try PinnedText.difference(report.text, from: "faucet-violated.txt", replacing: Self.changes) == nil)
        }
    }

    private static func damage(_ fixture: FaucetFixture) async throws {
        let lane = try fixture.laneOfEra()
        let bound = RedisArgument.key(FaucetKeys.bound(lane))
        let ids = (try await fixture.send("ZRANGE", bound, 0, -1).array ?? []).compactMap(\.string)
        try #require(ids.count == 6)
        let keys = ids.map { RedisArgument.key(FaucetKeys.distribution($0)) }
        try await fixture.send("SET", "tally:{faucet}:strange:thing", "1")
        try await fixture.send("HSET", keys[0], "amount", "many")
        try await fixture.send("DEL", keys[1])
        try await fixture.send("HSET", keys[2], "address", "0x1111111111111111111111111111111111111111")
        try await fixture.send("PERSIST", keys[3])
        try await fixture.send("HSET", keys[4], "state", "failed", "reason", "reverted")
        try await fixture.send("HSET", keys[5], "raw", "0x1234")
        try await fixture.send("SET", .key(FaucetKeys.nonce(lane)), 3)
    }
}
