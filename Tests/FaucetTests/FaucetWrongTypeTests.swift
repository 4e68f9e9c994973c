import Coordination
import Ethereum
import Faucet
import RESP
import Redis
import Support
import Testing

/// A key of a wrong type, at every position of every script: it says so, and no coin is paid twice or lost.
@Suite(.serialized)
struct FaucetWrongTypeTests {
    private static let id = "01ARZ3NDEKTSV4RRFFQ69G5FAV"

    /// Puts something of a type that no key of ours has in the key's place, and returns what was there, in one step.
    private static func spoil(_ fixture: FaucetFixture, _ key: String) async throws -> RESPValue {
        let script = """
            local before = redis.call("DUMP", KEYS[1])
            redis.call("DEL", KEYS[1])
            redis.call("RPUSH", KEYS[1], "a")
            return before
            """
        return try await fixture.node.send(RedisCommand("EVAL", .text(script), 1, .key(key)), within: nil)
    }

    private static func restore(_ fixture: FaucetFixture, _ key: String, _ before: RESPValue) async throws {
        let script = """
            redis.call("DEL", KEYS[1])
            if ARGV[1] ~= "" then redis.call("RESTORE", KEYS[1], 0, ARGV[1]) end
            """
        var dump = RedisArgument.text("")
        if case .bulk(let bytes) = before { dump = .bytes(bytes) }
        _ = try await fixture.node.send(RedisCommand("EVAL", .text(script), 1, .key(key), dump), within: nil)
    }

    /// All keys but what lanes say of themselves all the time.
    private static func everything(_ fixture: FaucetFixture) async throws -> [String: String] {
        let reply = try await fixture.node.send(RedisCommand("KEYS", "*"), within: nil)
        var values: [String: String] = [:]
        for name in (reply.array ?? []).compactMap(\.string) where !name.contains(":lease") {
            let dump = try await fixture.node.send(RedisCommand("DUMP", .key(name)), within: nil)
            values[name] = "\(dump)"
        }
        return values
    }

    private static var quiet: FaucetFixture.Options {
        var options = FaucetFixture.Options()
        options.workers = 0
        options.faucet.cooldown = .seconds(3600)
        options.faucet.dayLimit = 10
        return options
    }

    @Test func `admitting leaves everything as it was`() async throws {
        try await FaucetFixture.with(Self.quiet) { fixture in
            // A lane has been here, and is gone.
            try await fixture.withProcess("worker") { try await $0.untilReady() }
            let lane = try await fixture.lane()
            let order = try DistributionOrder(address: FaucetFixture.recipient)
            let claim = order.claim(caller: "anonymous", key: "k")
            let keys = [
                FaucetKeys.idempotency(digest: claim.digest), FaucetKeys.distribution(Self.id),
                FaucetKeys.list(order.address), FaucetKeys.era, FaucetKeys.senders, FaucetKeys.wakes, FaucetKeys.day,
                FaucetKeys.nonce(lane), FaucetKeys.lane(lane), FaucetKeys.open(lane), FaucetKeys.bound(lane),
            ]
            for key in keys {
                let before = try await Self.spoil(fixture, key)
                let state = try await Self.everything(fixture)
                await #expect(throws: FaucetError.storeInconsistent, "\(key)") {
                    try await fixture.admit(key: "k", as: Self.id)
                }
                #expect(try await Self.everything(fixture) == state, "\(key)")
                try await Self.restore(fixture, key, before)
            }
            // With nothing broken it is as good as new.
            let admission = try await fixture.admit(key: "k", as: Self.id)
            #expect(admission.nonce == 0)
        }
    }

    private static func complaints(_ fixture: FaucetFixture) -> Int {
        fixture.logs.lines.count { $0.message == "Lane waits for Redis" && $0.metadata["error"] == "storeInconsistent" }
    }

    /// The key that a lane reads or writes; wakes only when it gives an item another nonce.
    private static func key(_ name: String, _ lane: LaneName, _ id: String) -> String {
        switch name {
        case "lane": FaucetKeys.lane(lane)
        case "nonce": FaucetKeys.nonce(lane)
        case "open": FaucetKeys.open(lane)
        case "bound": FaucetKeys.bound(lane)
        case "senders": FaucetKeys.senders
        case "cancels": FaucetKeys.cancels(lane)
        case "events": FaucetKeys.events
        case "wakes": FaucetKeys.wakes
        default: FaucetKeys.distribution(id)
        }
    }

    @Test(arguments: [
        "lane", "nonce", "open", "bound", "senders", "cancels", "events", "wakes", "distribution",
    ])
    func `a lane says so, waits, and goes on where it was`(name: String) async throws {
        var options = FaucetFixture.Options()
        options.chain.rules = .geth
        options.chain.mining = .manual
        try await FaucetFixture.with(options) { fixture in
            let admissions = try await fixture.admitEach(0..<5)
            try await fixture.untilState(.submitted, admissions)
            if name == "wakes" {
                // One nonce is stolen.
                try await fixture.chain.send(
                    from: FaucetFixture.sender,
                    to: FaucetFixture.recipient,
                    value: "0x1",
                    more: #""nonce":"0x2","gas":"0x5208","gasPrice":"0x2540be40000""#
                )
            }
            let key = Self.key(name, try await fixture.lane(), admissions[2].id)
            let complaints = Self.complaints(fixture)
            let before = try await Self.spoil(fixture, key)
            try await fixture.chain.mine(2)
            try await eventually("it says so") { Self.complaints(fixture) > complaints + 3 }
            try await Self.restore(fixture, key, before)
            let distributions = try await fixture.endedWhileMining(admissions)
            try await fixture.expectOneCoinEach(0..<5, distributions, others: name == "wakes" ? 1 : 0)
        }
    }

    @Test func `without its era no lane sends, and nothing is begun anew`() async throws {
        try await FaucetFixture.with { fixture in
            let before = try await Self.spoil(fixture, FaucetKeys.era)
            await #expect(throws: FaucetError.storeInconsistent) { try await fixture.admit() }
            try await Self.restore(fixture, FaucetKeys.era, before)
            let distributions = try await fixture.ended(try await fixture.admitEach(0..<3))
            try await fixture.expectOneCoinEach(0..<3, distributions)
            #expect(distributions.allSatisfy { $0.era == 1 })
        }
    }
}
