import Coordination
import Ethereum
import Faucet
import RESP
import Redis
import Support
import Testing

/// Many start at once, with clocks of their own: modes 27 and 28.
@Suite(.serialized)
struct StartModeTests {
    /// Failure mode 28.
    @Test func `28: sixteen workers that start at once begin one era and one counter`() async throws {
        var options = FaucetFixture.Options()
        options.workers = 16
        let chain = try ChainNode(options.chain)
        defer { chain.kill() }
        for _ in 0..<7 { try await chain.send(from: FaucetFixture.sender, to: FaucetFixture.recipient, value: "0x1") }
        try await FaucetFixture.with(options, chain: chain) { fixture in
            let admissions = try await withThrowingTaskGroup(of: Admission.self) { group in
                for address in FaucetFixture.addresses(0..<30) {
                    group.addTask { try await fixture.admitStubbornly(address) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(admissions.compactMap(\.nonce)) == Set(7..<37))
            let distributions = try await fixture.ended(admissions)
            try await fixture.expectOneCoinEach(0..<30, distributions, others: 7)
            #expect(try await fixture.eraNumber() == 1)
            // Nobody had to skip what another had begun.
            #expect(!fixture.logs.lines.contains { $0.message.hasPrefix("Nonces were used") })
        }
    }

    /// The time of Redis, which the clocks of instances do not move.
    private static func time(_ fixture: FaucetFixture) async throws -> Int64 {
        let words = try await fixture.node.send(RedisCommand("TIME"), within: nil).array ?? []
        return (words[0].integerValue ?? 0) * 1000 + (words[1].integerValue ?? 0) / 1000
    }

    /// Failure mode 27: what has to do with time is decided by Redis, in its own time.
    @Test func `27: lease, cooldown, day and times of records are Redis's, whatever an instance's clock says`()
        async throws
    {
        var options = FaucetFixture.Options()
        options.faucet.cooldown = .seconds(3600)
        options.faucet.dayLimit = 3
        try await FaucetFixture.with(options) { fixture in
            let before = try await Self.time(fixture)
            let addresses = FaucetFixture.addresses(0..<5)
            let first = try await fixture.admit(addresses[0])
            let created = try await fixture.distribution(first.id).created.milliseconds
            let after = try await Self.time(fixture)
            #expect((before...after).contains(created))
            await #expect(throws: FaucetError.rateLimited(seconds: 3600)) { try await fixture.admit(addresses[0]) }
            // Redis lets go of the cooldown: nobody else keeps one.
            let address = try #require(Address(hex: addresses[0]))
            _ = try await fixture.ask("PEXPIRE", FaucetKeys.cooldown(address), "1")
            try await eventually { try await fixture.ask("EXISTS", FaucetKeys.cooldown(address)).integerValue == 0 }
            _ = try await fixture.admit(addresses[0])
            _ = try await fixture.admit(addresses[1])
            await #expect(throws: FaucetError.self) { try await fixture.admit(addresses[2]) }
            // The day in Redis's time, as a number: one before it is over.
            let day = try await fixture.ask("HGET", FaucetKeys.day, "day").integerValue
            #expect(day == after / 86_400_000)
            _ = try await fixture.ask("HSET", FaucetKeys.day, "day", .text(String((day ?? 0) - 1)))
            _ = try await fixture.admit(addresses[3])
            // The lease ends by itself, in Redis.
            let lease = try await fixture.ask("PTTL", FaucetKeys.lease(fixture.lane().sender)).integerValue ?? 0
            #expect((1...1000).contains(lease))
        }
    }
}
