import Coordination
import Ethereum
import Faucet
import RESP
import Redis
import Support
import Testing

/// Redis restarts, forgets scripts or refuses, and an operator's hand slips: modes 26 and 29.
@Suite(.serialized)
struct StoreModeTests {
    private static var options: FaucetFixture.Options {
        var options = FaucetFixture.Options()
        options.chain.rules = .geth
        options.chain.mining = .interval(seconds: 0.2)
        return options
    }

    /// Admits while `trouble` happens, and expects a coin for each.
    private static func survive(
        _ options: FaucetFixture.Options = Self.options,
        _ trouble: @Sendable @escaping (FaucetFixture) async throws -> Void
    ) async throws {
        try await FaucetFixture.with(options) { fixture in
            let admissions = try await withThrowingTaskGroup(of: [Admission].self) { group in
                group.addTask {
                    var admissions: [Admission] = []
                    for address in FaucetFixture.addresses(0..<60) {
                        admissions.append(try await fixture.admitStubbornly(address))
                    }
                    return admissions
                }
                group.addTask {
                    try await eventually("some are on the chain") {
                        try await fixture.chain.nonce(of: FaucetFixture.sender) > 5
                    }
                    try await trouble(fixture)
                    return []
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            let distributions = try await fixture.ended(admissions)
            try await fixture.expectOneCoinEach(0..<60, distributions)
        }
    }

    /// Failure mode 26.
    @Test func `26: coins survive a Redis that is killed and starts again, twice`() async throws {
        try await Self.survive { fixture in
            for _ in 0..<2 {
                fixture.server.kill()
                try fixture.server.start()
                try await eventually { fixture.node.isReady }
            }
        }
    }

    /// Failure mode 26.
    @Test func `26: scripts that Redis has forgotten are given to it again`() async throws {
        try await Self.survive { fixture in
            for _ in 0..<5 {
                _ = try await fixture.node.send(RedisCommand("SCRIPT", "FLUSH"), within: nil)
                _ = try await fixture.ask("GET", "x")
            }
        }
    }

    /// Failure mode 26.
    @Test func `26: a Redis without memory refuses, and what it refused was not half done`() async throws {
        try await FaucetFixture.with(Self.options) { fixture in
            try await fixture.refuseSending()
            let admissions = try await fixture.admitEach(0..<10)
            _ = try await fixture.node.send(RedisCommand("CONFIG", "SET", "maxmemory", "1"), within: nil)
            try await fixture.chain.clearFaults()
            for _ in 0..<5 { await #expect(throws: FaucetError.self) { try await fixture.admit() } }
            #expect(try await fixture.ask("GET", FaucetKeys.nonce(fixture.lane())).integerValue == 10)
            #expect(try await fixture.ask("ZCARD", FaucetKeys.bound(fixture.lane())).integerValue == 10)
            try await eventually("blocks go by") { try await fixture.chain.blockNumber() > 8 }
            _ = try await fixture.node.send(RedisCommand("CONFIG", "SET", "maxmemory", "0"), within: nil)
            let distributions = try await fixture.ended(admissions)
            try await fixture.expectOneCoinEach(0..<10, distributions)
        }
    }

    /// Failure mode 26.
    @Test func `26: while another script keeps Redis busy the lane waits`() async throws {
        try await Self.survive { fixture in
            _ = try await fixture.node.send(RedisCommand("CONFIG", "SET", "busy-reply-threshold", "50"), within: nil)
            let script =
                "local t = redis.call('TIME'); local s = t[1] + t[2] / 1e6; local c = os.clock(); "
                + "while os.clock() - c < 0.8 do end; return s"
            let child = try ChildProcess(
                "redis-cli",
                ["-p", "\(fixture.server.port)", "EVAL", script, "0"],
                directory: fixture.server.folder.url
            )
            try await eventually { !child.isRunning }
        }
    }

    /// Failure mode 29.
    @Test func `29: a counter that is deleted with fifty in flight comes back where it was`() async throws {
        var options = Self.options
        options.chain.mining = .manual
        try await FaucetFixture.with(options) { fixture in
            let first = try await fixture.admitEach(0..<50)
            _ = try await fixture.ask("DEL", FaucetKeys.nonce(fixture.lane()))
            var second: [Admission] = []
            for address in FaucetFixture.addresses(50..<60) {
                second.append(try await fixture.admitStubbornly(address))
            }
            #expect(Set((first + second).compactMap(\.nonce)) == Set(0..<60))
            let distributions = try await fixture.endedWhileMining(first + second)
            try await fixture.expectOneCoinEach(0..<60, distributions)
        }
    }

    /// Failure mode 29: set back instead of deleted.
    @Test(arguments: ["0", "20"])
    func `29: a counter that is set back gives out no nonce again`(value: String) async throws {
        var options = Self.options
        options.chain.mining = .manual
        try await FaucetFixture.with(options) { fixture in
            let first = try await fixture.admitEach(0..<50)
            _ = try await fixture.ask("SET", FaucetKeys.nonce(fixture.lane()), .text(value))
            let second = try await fixture.admitEach(50..<60)
            #expect(Set((first + second).compactMap(\.nonce)) == Set(0..<60))
            let distributions = try await fixture.endedWhileMining(first + second)
            try await fixture.expectOneCoinEach(0..<60, distributions)
        }
    }
}
