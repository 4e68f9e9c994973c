import Coordination
import Ethereum
import Faucet
import RESP
import Redis
import Support
import Testing

/// A process dies between two steps, and another goes on: modes 1 to 5.
@Suite(.serialized)
struct CrashTests {
    /// Each with the places at which the first process gets no further.
    static let deaths: [(mode: Int, points: [String])] = [
        (2, ["sign.before"]), (3, ["sign.after"]), (3, ["submit.before"]),
        (4, ["submit.after", "submitted.before", "mined.before"]), (4, ["submitted.before", "mined.before"]),
        (5, ["mined.before"]), (5, ["mined.after"]),
    ]

    /// Failure modes 2 to 5.
    @Test(arguments: Self.deaths)
    func `2 to 5: what a process left half done, the next one finishes`(mode: Int, points: [String]) async throws {
        var options = FaucetFixture.Options()
        options.workers = 0
        try await FaucetFixture.with(options) { fixture in
            let failpoints = points.map { "faucet.\($0)=drop" }
            let admissions = try await fixture.withProcess("first", failpoints: failpoints) { first in
                try await first.untilReady()
                let admissions = try await first.admitEach(0..<10)
                let place = "faucet.\(try #require(points.last))"
                try await eventually("it died at \(place)") { first.failpoints.count(place) >= 1 }
                return admissions
            }
            try await fixture.withProcess("second") { second in
                let distributions = try await second.ended(admissions)
                try await second.expectOneCoinEach(0..<10, distributions)
            }
        }
    }

    /// Failure mode 1.
    @Test func `1: Redis dies while nonces are given out, and no nonce is without its record`() async throws {
        try await FaucetFixture.with { fixture in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for address in FaucetFixture.addresses(0..<60) {
                    group.addTask { _ = try await fixture.admitStubbornly(address) }
                }
                group.addTask {
                    try await eventually("some are admitted") {
                        try await fixture.ask("ZCARD", FaucetKeys.bound(fixture.lane())).integerValue ?? 0 >= 10
                    }
                    fixture.server.kill()
                    try fixture.server.start()
                }
                try await group.waitForAll()
            }
            let distributions = try await Self.all(fixture)
            #expect(Set(distributions.map(\.nonce)) == Set(0..<UInt64(distributions.count)))
            // A request whose answer was lost was repeated with its id: none is there twice.
            #expect(Set(distributions.map(\.address)).count == distributions.count)
            var ended: [Distribution] = []
            for id in distributions.map(\.id) {
                try await eventually("\(id) is over") { try await fixture.distribution(id).state.isTerminal }
                ended.append(try await fixture.distribution(id))
            }
            try await fixture.expectOneCoinEach(0..<60, ended)
        }
    }

    /// All that have a nonce, each of which must have a record that says so.
    private static func all(_ fixture: FaucetFixture) async throws -> [Distribution] {
        let words = try await fixture.ask("ZRANGE", FaucetKeys.bound(fixture.lane()), "0", "-1", "WITHSCORES").array
        let texts = try #require(words).map { $0.string ?? "" }
        var distributions: [Distribution] = []
        for index in stride(from: 0, to: texts.count, by: 2) {
            let distribution = try await fixture.distribution(texts[index])
            #expect(distribution.nonce == UInt64(texts[index + 1]))
            distributions.append(distribution)
        }
        return distributions
    }
}
