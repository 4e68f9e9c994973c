import Ethereum
import Faucet
import RESP
import Support
import Testing

/// Requests that come more than once: modes 24, 25 and 31.
@Suite(.serialized)
struct RequestModeTests {
    /// Failure mode 24.
    @Test func `24: one key at two instances at once is one coin`() async throws {
        try await FaucetFixture.with { fixture in
            try await fixture.withProcess("other") { other in
                let address = FaucetFixture.addresses(0..<1)[0]
                let admissions = try await withThrowingTaskGroup(of: Admission.self) { group in
                    for number in 0..<40 {
                        let instance = number.isMultiple(of: 2) ? fixture : other
                        group.addTask { try await instance.admit(address, key: "k") }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(Set(admissions.map(\.id)).count == 1)
                #expect(admissions.count { !$0.isReplay } == 1)
                let distributions = try await other.ended(Array(admissions.prefix(1)))
                let replay = try await other.admit(address, key: "k")
                #expect(replay.isReplay && replay.id == distributions[0].id)
                try await fixture.expectOneCoinEach(0..<1, distributions)
            }
        }
    }

    /// Failure mode 25.
    @Test func `25: a key that was used for another address is refused, and takes no nonce`() async throws {
        try await FaucetFixture.with { fixture in
            let addresses = FaucetFixture.addresses(0..<2)
            let first = try await fixture.admit(addresses[0], key: "k")
            await #expect(throws: FaucetError.idempotencyKeyReused) { try await fixture.admit(addresses[1], key: "k") }
            // The same address, spelled otherwise, is the same.
            let spelled = try await fixture.admit(try #require(Address(hex: addresses[0])).text, key: "k")
            #expect(spelled.id == first.id)
            try await fixture.expectOneCoinEach(0..<1, try await fixture.ended([first]))
            #expect(try await fixture.balance(addresses[1]).isZero)
        }
    }

    /// Failure mode 31, without its HTTP.
    @Test func `31: a request that is repeated because its answer was lost is one coin; without a key it is two`()
        async throws
    {
        var options = FaucetFixture.Options()
        options.failpoints = ["faucet.admit.after=drop@1"]
        try await FaucetFixture.with(options) { fixture in
            let addresses = FaucetFixture.addresses(0..<3)
            await #expect(throws: FaucetError.self) { try await fixture.admit(addresses[0], key: "k") }
            // The client comes again, with a new id of ours and its own key.
            let again = try await fixture.admit(addresses[0], key: "k")
            #expect(again.isReplay)
            let others = try await fixture.admitEach(1..<3)
            let distributions = try await fixture.ended([again] + others)
            try await fixture.expectOneCoinEach(0..<3, distributions)
            let twice = try await fixture.ended([try await fixture.admit(), try await fixture.admit()])
            #expect(Set(twice.compactMap(\.minedHash)).count == 2)
        }
    }
}
