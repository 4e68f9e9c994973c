import Coordination
import Ledger
import RESP
import Redis
import Support
import Testing

/// Replies that never arrive, although the script ran or ran not.
struct LostReplyTests {
    /// Cuts the connection at each of many places, in both directions, while adds are under way.
    @Test(arguments: Seed.cases(3))
    func `whoever repeats with the same key gets one add and the first answer`(seed: Seed) async throws {
        let server = try LedgerFixture.server()
        defer { server.kill() }
        let proxy = try await FaultProxy(to: server.port)
        try await LedgerFixture.with(server: server, url: "redis://127.0.0.1:\(proxy.port)/0") { fixture in
            var random = seed.random
            var answers: [AddResult.Outcome] = []
            var lost = 0
            for number in 0..<20 {
                let direction: FaultProxy.Direction = Bool.random(using: &random) ? .toClient : .toServer
                let end: FaultProxy.End = Bool.random(using: &random) ? .close : .reset
                proxy.cutOnce(FaultProxy.Cut(direction, after: Int.random(in: 0..<900, using: &random), end))
                var outcome: AddResult.Outcome?
                while outcome == nil {
                    do {
                        outcome = try await fixture.add("gopal", Int64(number + 1), key: "k\(number)").outcome
                    } catch LedgerError.store { lost += 1 }
                }
                answers.append(try #require(outcome))
            }
            #expect(lost > 0, "no reply was lost: this test proved nothing")
            // The last cut may still be to come, and meets whoever reads.
            var read: [Entry]?
            try await eventually {
                read = try? await fixture.entries("gopal")
                return read != nil
            }
            let entries = try #require(read)
            #expect(entries.map(\.amount.minorUnits) == Array(1...20))
            #expect(entries.map { .added($0) } == answers)
        }
        try await proxy.stop()
    }

    @Test func `an acknowledged add is there after Redis was killed`() async throws {
        let server = try LedgerFixture.server()
        defer { server.kill() }
        try await LedgerFixture.with(server: server) { fixture in
            var acknowledged: [Entry] = []
            for round in 0..<5 {
                for number in 0..<40 {
                    acknowledged.append(
                        try #require(try await fixture.add("gopal", 1, key: "k\(round)-\(number)").entry)
                    )
                }
                server.kill()
                try server.start()
                try await eventually("Redis is back") { (try? await fixture.balance("gopal")) != nil }
            }
            #expect(try await fixture.entries("gopal") == acknowledged)
        }
    }
}
