import Coordination
import Ledger
import Payments
import RESP
import Redis
import Support
import Testing

struct PaymentBacklogTests {
    @Test func `the backlog is what workers have before them`() async throws {
        try await PaymentsFixture.with { fixture in
            #expect(try await Self.backlog(of: fixture).unfinished == 0)
            #expect(try await Self.backlog(of: fixture).oldest == .zero)
            try await fixture.pay("gopal", "asha", 1)
            try await fixture.pay("gopal", "bela", 1)
            // The second one waits for the first without a message; both are unfinished.
            let first = try await Self.backlog(of: fixture)
            #expect(first.unfinished == 2)
            #expect(first.dead == 0)
            // Redis's clock goes on.
            try await eventually { try await Self.backlog(of: fixture).oldest > first.oldest + .milliseconds(20) }
        }
    }

    @Test func `a message's age is told by the time in its id, and what is missing counts as nothing`() {
        let now = ServerTime(milliseconds: 5000)
        let message = RESPValue.array([.array([.status("3500-2"), .array([])])])
        let young = RESPValue.array([.array([.status("4900-0"), .array([])])])
        let backlog = PaymentBacklog(
            [.integer(3), .integer(1), young, message, .integer(4), .null, .array([]), .null],
            now: now
        )
        #expect(backlog.unfinished == 7)
        #expect(backlog.dead == 1)
        #expect(backlog.oldest == .milliseconds(1500))
        // A clock that is read a little early makes no age below zero.
        #expect(PaymentBacklog([.null, .null, message], now: ServerTime(milliseconds: 3000)).oldest == .zero)
    }

    private static func backlog(of fixture: PaymentsFixture) async throws -> PaymentBacklog {
        let time = try await fixture.node.send(RedisCommand("TIME"), within: nil)
        let now = try #require(ServerTime(timeReply: time))
        var replies: [RESPValue] = []
        for result in await fixture.node.send(PaymentBacklog.commands, within: nil) { replies.append(try result.get()) }
        return PaymentBacklog(replies, now: now)
    }
}
