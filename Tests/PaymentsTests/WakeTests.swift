import Coordination
import Ledger
import Payments
import RESP
import Redis
import Support
import Testing

/// Wake-ups on a real Redis: each account has one at most, and they make no others.
struct WakeTests {
    private static func options(_ steps: PaymentsConfiguration.Steps) -> PaymentsFixture.Options {
        var options = PaymentsFixture.Options()
        options.steps = steps
        return options
    }

    /// The condition for breeding: each message is handled twice, the second time when its payment may have ended.
    @Test(arguments: PaymentsConfiguration.Steps.allCases)
    func `messages that come twice make no more messages than payments account for`(
        steps: PaymentsConfiguration.Steps
    ) async throws {
        let each: Int64 =
            switch steps {
            case .whole: 1
            case .split: 4
            }

        try await PaymentsFixture.with(Self.options(steps)) { fixture in
            let users = (0..<5).map { "user\($0)" }
            for user in users { try await fixture.fund(user, 10_000) }
            var ids: [PaymentID] = []
            for number in 0..<60 {
                ids.append(try await fixture.pay(users[number % 5], users[(number + 1 + number / 5 % 4) % 5], 1))
            }
            for _ in 0..<1000 {
                let messages = try await fixture.applierMessages() + fixture.lockerMessages()
                if messages.isEmpty { break }
                _ = await fixture.worker.handle(messages)
                _ = await fixture.worker.handle(messages)
            }
            let states = try await fixture.states(ids)
            #expect(states.allSatisfy { $0 == .done })
            let made = try await fixture.messagesMade()
            #expect(made <= each * 60, "\(made) messages")
            try await fixture.expectSettled()
            #expect(try await fixture.keys().filter { $0.hasSuffix(":woken") } == [], "nobody is told any more")
        }
    }

    @Test(arguments: PaymentsConfiguration.Steps.allCases)
    func `a look makes a message for one that has none, and for nobody else`(
        steps: PaymentsConfiguration.Steps
    ) async throws {
        var options = Self.options(steps)
        options.lease = .milliseconds(1)
        try await PaymentsFixture.with(options) { fixture in
            try await fixture.fund("alice", 100)
            let first = try await fixture.pay("alice", "bob", 1)
            for _ in 0..<9 { try await fixture.pay("alice", "bob", 1) }
            func look() async throws {
                for _ in 0..<5 {
                    let home = first.home
                    let open = PaymentKeys.open(home)
                    let now = try await fixture.node.send(RedisCommand("TIME"), within: nil)
                    let due = try #require(ServerTime(timeReply: now)).milliseconds
                    let all = try await fixture.node.send(RedisCommand("ZRANGE", .key(open), 0, -1), within: nil)
                    // As if every one of them were due.
                    for member in all.array ?? [] {
                        _ = try await fixture.node.send(
                            RedisCommand("ZADD", .key(open), .integer(Int(due)), .text(member.string ?? "")),
                            within: nil
                        )
                    }
                    try await fixture.sweeper.sweep()
                }
            }
            try await look()
            #expect(try await fixture.messagesMade() == 1, "its message is there, and nine wait for it")
            let message = try #require(try await fixture.lockerMessages().first)
            _ = try await fixture.node.send(RedisCommand("XDEL", .key(message.stream), .text(message.id)), within: nil)
            try await look()
            #expect(try await fixture.messagesMade() == 2, "one was lost, and one was made instead")
            #expect(try await fixture.lockerMessages().map { $0.fields["operation"] } == [first.text])
        }
    }

    @Test func `who stands behind others is not looked at for an hour, and soon once it is first`() async throws {
        try await PaymentsFixture.with(Self.options(.whole)) { fixture in
            try await fixture.fund("alice", 100)
            var ids: [PaymentID] = []
            for _ in 0..<8 { ids.append(try await fixture.pay("alice", "bob", 1)) }
            func wait(_ id: PaymentID) async throws -> Duration {
                let score = try await fixture.node.send(
                    RedisCommand("ZSCORE", .key(PaymentKeys.open(id.home)), .text(id.text)),
                    within: nil
                )
                let now = try #require(
                    ServerTime(timeReply: try await fixture.node.send(RedisCommand("TIME"), within: nil))
                )
                return .milliseconds(Int64(try #require(score.string.flatMap { Double($0) })) - now.milliseconds)
            }
            #expect(try await wait(ids[7]) > .seconds(3500))
            #expect(try await wait(ids[1]) > .seconds(50))
            #expect(try await wait(ids[0]) <= .seconds(5))
            for _ in 0..<7 { _ = await fixture.worker.handle(try await fixture.lockerMessages()) }
            #expect(try await fixture.state(ids[6]) == .done)
            #expect(try await wait(ids[7]) <= .seconds(5))
        }
    }

    /// A worker that is paused until its payment has ended, takes its place then, and dies.
    @Test(arguments: PaymentsConfiguration.Steps.allCases)
    func `a place that an ended payment has left is found by who waits behind it`(
        steps: PaymentsConfiguration.Steps
    ) async throws {
        try await PaymentsFixture.with(Self.options(steps)) { fixture in
            try await fixture.fund("alice", 100)
            let ended = try await fixture.pay("alice", "bob", 1)
            try await fixture.drain()
            try await fixture.sweeper.sweep()
            for user in ["alice", "bob"] {
                _ = try await FencedLock(redis: fixture.node, lease: .milliseconds(20)).take(
                    fixture.ledger.lockKeys(fixture.account(user)),
                    operation: ended.text,
                    order: 1
                )
            }
            let next = try await fixture.pay("alice", "bob", 2)
            let other = try await fixture.pay("bob", "alice", 1)
            try await eventually("both go on") {
                for id in [next, other] {
                    _ = try await fixture.node.send(
                        RedisCommand("ZADD", .key(PaymentKeys.open(id.home)), "XX", 0, .text(id.text)),
                        within: nil
                    )
                }
                try await fixture.sweeper.sweep()
                _ = await fixture.worker.handle(try await fixture.applierMessages() + fixture.lockerMessages())
                let states = try await fixture.states([next, other])
                return states == [.done, .done]
            }
            #expect(try await fixture.balance("alice") == 98)
        }
    }

    @Test func `an add that waits behind a place of an ended payment is carried out`() async throws {
        try await PaymentsFixture.with(Self.options(.split)) { fixture in
            try await fixture.fund("alice", 100)
            let ended = try await fixture.pay("alice", "bob", 1)
            try await fixture.drain()
            try await fixture.sweeper.sweep()
            let alice = fixture.account("alice")
            _ = try await FencedLock(redis: fixture.node).take(
                fixture.ledger.lockKeys(alice),
                operation: ended.text,
                order: 1,
                joinsOnly: true
            )
            let add = try await fixture.ledger.add(
                AddOrder(alice, amount: Money(minorUnits: 7), reference: nil),
                .local
            )
            guard case .queued = add.outcome else {
                Issue.record("\(add.outcome)")
                return
            }
            let adds = QueueSweeper(fixture.ledger, interval: .milliseconds(1), logger: fixture.logs.logger())
            try await eventually("the add is carried out") {
                try await adds.sweep()
                _ = await fixture.worker.handle(try await fixture.lockerMessages())
                return try await fixture.balance("alice") == 106
            }
        }
    }
}

extension PaymentsFixture {
    /// How many messages were ever put into the streams of lockers and appliers.
    fileprivate func messagesMade() async throws -> Int64 {
        var count: Int64 = 0
        let keys = Set(try await self.keys())
        for stream in PaymentWorker.streams where keys.contains(stream) {
            let words = try await self.node.send(RedisCommand("XINFO", "STREAM", .key(stream)), within: nil).array ?? []
            let place = words.firstIndex { $0.string == "entries-added" }
            count += place.flatMap { words[$0 + 1].integerValue } ?? 0
        }
        return count
    }
}
