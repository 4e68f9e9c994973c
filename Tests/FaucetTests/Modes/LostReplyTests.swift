import Coordination
import Faucet
import Support
import Testing

/// The reply to each step's script is lost, or the script itself is: modes 1 to 5.
@Suite(.serialized)
struct LostReplyTests {
    static let steps = ["admit", "observe", "sign", "submit", "submitted", "mined", "confirmed", "era"]

    /// Failure modes 1 to 5.
    @Test(arguments: Self.steps, ["before", "after"])
    func `1 to 5: a step whose reply is lost is done once`(step: String, side: String) async throws {
        var options = FaucetFixture.Options()
        options.chain.mining = .interval(seconds: 0.2)
        // Without them the receipt is the end, and there is no second chance to write it down.
        options.lane.confirmations = step == "confirmed" ? 1 : 0
        let point = "faucet.\(step).\(side)"
        options.failpoints = ["\(point)=drop@1", "\(point)=drop@3"]
        try await FaucetFixture.with(options) { fixture in
            var admissions: [Admission] = []
            for address in FaucetFixture.addresses(0..<3) {
                admissions.append(try await fixture.admitStubbornly(address))
            }
            try await fixture.untilState(.confirmed, admissions)
            for address in FaucetFixture.addresses(3..<6) {
                admissions.append(try await fixture.admitStubbornly(address))
            }
            let distributions = try await fixture.ended(admissions)
            try await fixture.expectOneCoinEach(0..<6, distributions)
            #expect(fixture.failpoints.count(point) >= 2)
        }
    }
}
