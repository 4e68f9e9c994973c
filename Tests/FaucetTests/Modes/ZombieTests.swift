import Coordination
import Faucet
import RESP
import Redis
import Support
import Testing

/// A lane that goes on after another process has it: mode 6.
@Suite(.serialized)
struct ZombieTests {
    /// Failure mode 6.
    @Test(arguments: ["sign.before", "submit.before", "submit.after", "submitted.before", "mined.before"])
    func `6: a lane that was taken over in the middle of a batch writes nothing more`(point: String) async throws {
        var options = FaucetFixture.Options()
        options.workers = 0
        options.chain.rules = .geth
        options.chain.mining = .interval(seconds: 0.2)
        try await FaucetFixture.with(options) { fixture in
            // It renews its lease so seldom that it does not notice.
            let slow = ["faucet.\(point)=sleep:1500@1"]
            try await fixture.withProcess("zombie", failpoints: slow, { $0.lane.lease = .seconds(120) }) { zombie in
                try await zombie.untilReady()
                let first = try await zombie.admitEach(0..<10)
                try await eventually("it is in the middle") { zombie.failpoints.count("faucet.\(point)") >= 1 }
                let sender = try await zombie.lane().sender
                _ = try await zombie.ask("DEL", FaucetKeys.lease(sender))
                // As a failover may: the heir has the zombie's own token.
                _ = try await zombie.ask("DEL", FaucetKeys.leaseToken(sender))
                try await zombie.withProcess("heir") { heir in
                    let second = try await heir.admitEach(10..<20)
                    let distributions = try await heir.ended(first + second)
                    try await eventually("the zombie is fenced") {
                        zombie.logs.lines.contains { $0.message == "Lane fenced" }
                    }
                    try await heir.expectOneCoinEach(0..<20, distributions)
                }
            }
        }
    }

    /// Failure mode 6.
    @Test func `6: of two workers, whose lease is taken away again and again, each coin is from one`() async throws {
        var options = FaucetFixture.Options()
        options.workers = 2
        options.chain.rules = .geth
        options.chain.mining = .interval(seconds: 0.3)
        try await FaucetFixture.with(options) { fixture in
            let sender = try await fixture.lane().sender
            var admissions: [Admission] = []
            for round in 0..<6 {
                admissions += try await fixture.admitEach(round * 10..<round * 10 + 10)
                _ = try await fixture.ask("DEL", FaucetKeys.lease(sender))
                let place = try await fixture.distribution(admissions[round * 10].id).nonce
                try await eventually("nonce \(place) is used") {
                    try await fixture.chain.nonce(of: FaucetFixture.sender) > place
                }
            }
            let distributions = try await fixture.ended(admissions)
            try await fixture.expectOneCoinEach(0..<60, distributions)
            let token = try await fixture.ask("GET", FaucetKeys.leaseToken(sender)).integerValue ?? 0
            #expect(token > 3)
        }
    }
}
