import Coordination
import Ledger
import RESP
import Redis
import Support
import Testing

struct QueueTests {
    /// Waits until this many operations stand in the account's queue, the holder of the lock among them.
    private func waitForQueue(_ fixture: LedgerFixture, _ user: String, count: Int64) async throws {
        let key = LedgerKeys.waiters(fixture.account(user))
        try await eventually("the queue") {
            try await fixture.node.send(RedisCommand("ZCARD", .key(key)), within: nil).integerValue == count
        }
    }

    @Test func `an add waits for the lock, in order of arrival, and is woken by its release`() async throws {
        try await LedgerFixture.with { fixture in
            let keys = fixture.lockKeys("gopal")
            let held = try await fixture.lock().take(keys, operation: "payment", order: 0)
            #expect(held == .taken(token: 1))
            try await withThrowingTaskGroup(of: AddResult.self) { group in
                for number in 1...5 {
                    group.addTask {
                        try await fixture.queue.add(
                            fixture.order(fixture.account("gopal"), Int64(number), key: "k\(number)"),
                            .local
                        )
                    }
                    try await self.waitForQueue(fixture, "gopal", count: Int64(number + 1))
                }
                #expect(try await fixture.balance("gopal").sequence == 0)
                try await fixture.lock().release(keys, operation: "payment")
                for try await result in group { #expect(result.entry?.operation != nil) }
            }
            let entries = try await fixture.entries("gopal")
            #expect(entries.map(\.amount.minorUnits) == [1, 2, 3, 4, 5])
            #expect(entries.map(\.token) == [2, 3, 4, 5, 6])
            #expect(try await fixture.add("gopal", 6).entry?.operation == nil)
        }
    }

    @Test func `a repetition of an add that waits waits with it`() async throws {
        try await LedgerFixture.with { fixture in
            let keys = fixture.lockKeys("gopal")
            _ = try await fixture.lock().take(keys, operation: "payment", order: 0)
            let order = fixture.order(fixture.account("gopal"), 500, key: "k")
            try await withThrowingTaskGroup(of: AddResult.self) { group in
                for _ in 0..<10 { group.addTask { try await fixture.queue.add(order, .local) } }
                try await self.waitForQueue(fixture, "gopal", count: 2)
                await #expect(throws: LedgerError.idempotencyKeyReused) {
                    try await fixture.add("gopal", 501, key: "k")
                }
                try await fixture.lock().release(keys, operation: "payment")
                let results = try await group.reduce(into: [AddResult]()) { $0.append($1) }
                #expect(Set(results.map(\.outcome)).count == 1)
                #expect(results.filter { !$0.isReplay }.count == 1)
            }
            #expect(try await fixture.balance("gopal").sequence == 1)
        }
    }

    @Test func `an add that waits asks Redis now and then, and not all the time`() async throws {
        try await LedgerFixture.with { fixture in
            let keys = fixture.lockKeys("gopal")
            _ = try await fixture.lock().take(keys, operation: "payment", order: 0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let order = fixture.order(fixture.account("gopal"), 500, key: "k")
                    let result = try await fixture.queue.add(order, .local)
                    #expect(result.entry != nil)
                }
                try await self.waitForQueue(fixture, "gopal", count: 2)
                try await Task.sleep(for: .seconds(2))
                let stats = try await fixture.node.send(RedisCommand("INFO", "commandstats"), within: nil).string ?? ""
                let scripts = stats.split(whereSeparator: \.isNewline).first { $0.hasPrefix("cmdstat_evalsha:calls=") }
                let count = try #require(scripts.flatMap { Int($0.dropFirst(22).prefix { $0.isNumber }) })
                #expect(count < 50, "\(count) scripts in two seconds")
                try await fixture.lock().release(keys, operation: "payment")
                try await group.waitForAll()
            }
        }
    }

    @Test func `whoever was told 202 is told so again, however it ended`() async throws {
        try await LedgerFixture.with { fixture in
            let keys = fixture.lockKeys("gopal")
            _ = try await fixture.lock().take(keys, operation: "payment", order: 0)
            let order = fixture.order(fixture.account("gopal"), 500, key: "k")
            let operation = try #require(try await fixture.ledger.add(order, .local).operation)
            try await withThrowingTaskGroup(of: AddResult.self) { group in
                group.addTask { try await fixture.queue.add(order, .local) }
                // Another request for the same order runs out of time first.
                let accepted = try await fixture.ledger.settle(
                    order.account,
                    operation: operation,
                    accepts: true,
                    .local
                )
                #expect(accepted != .gone)
                try await fixture.lock().release(keys, operation: "payment")
                for try await result in group { #expect(result.outcome == .accepted(operation: operation)) }
            }
            #expect(try await fixture.add("gopal", 500, key: "k").outcome == .accepted(operation: operation))
            #expect(try await fixture.entries("gopal").map(\.operation) == [operation])
        }
    }

    @Test func `a key is not forgotten while its add waits`() async throws {
        var configuration = LedgerConfiguration()
        configuration.idempotencyKeep = .milliseconds(20)
        try await LedgerFixture.with(configuration) { fixture in
            let keys = fixture.lockKeys("gopal")
            _ = try await fixture.lock().take(keys, operation: "payment", order: 0)
            let first = try await fixture.add("gopal", 500, key: "k")
            try await Task.sleep(for: .milliseconds(60))
            let second = try await fixture.add("gopal", 500, key: "k")
            #expect(second.isReplay && second.operation == first.operation)
        }
    }

    @Test func `the place of an operation of another kind is left alone`() async throws {
        try await LedgerFixture.with { fixture in
            let keys = fixture.lockKeys("gopal")
            _ = try await fixture.lock().take(keys, operation: "payment", order: 0, joinsOnly: true)
            let operation = try #require(try await fixture.add("gopal", 500, key: "k").operation)
            let account = fixture.account("gopal")
            let settled = try await fixture.ledger.settle(account, operation: operation, accepts: false, .local)
            #expect(settled == .waiting(.zero))
            _ = try await fixture.node.send(
                RedisCommand("ZADD", .key(LedgerKeys.due(account.shard)), 0, .text(account.id)),
                within: nil
            )
            try await QueueSweeper(fixture.ledger, logger: fixture.logs.logger()).sweep()
            guard case .taken = try await fixture.lock().take(keys, operation: "payment", order: 0) else {
                Issue.record("it lost its place")
                return
            }
        }
    }

    @Test func `a lock whose holder is gone ends with its lease`() async throws {
        try await LedgerFixture.with { fixture in
            let keys = fixture.lockKeys("gopal")
            // An add's id: the place of an operation without a record goes to the next one.
            let holder = String(repeating: "0", count: 26)
            _ = try await fixture.lock(lease: .milliseconds(100)).take(keys, operation: holder, order: 0)
            let order = fixture.order(fixture.account("gopal"), 500, key: "k")
            #expect(try await fixture.queue.add(order, .local).entry?.sequence == 1)
        }
    }

    @Test func `beyond its time an add is accepted, answered so again, and happens once`() async throws {
        var configuration = LedgerConfiguration()
        configuration.queueWait = .milliseconds(50)
        try await LedgerFixture.with(configuration) { fixture in
            let keys = fixture.lockKeys("gopal")
            _ = try await fixture.lock().take(keys, operation: "payment", order: 0)
            let order = fixture.order(fixture.account("gopal"), 500, key: "k")
            let first = try await fixture.queue.add(order, .local)
            guard case .accepted(let operation) = first.outcome else {
                Issue.record("\(first)")
                return
            }
            let again = try await fixture.queue.add(order, .local)
            #expect(again.outcome == first.outcome && again.isReplay)
            try await fixture.lock().release(keys, operation: "payment")
            let sweeper = QueueSweeper(fixture.ledger, logger: fixture.logs.logger())
            // Its time to be looked at is the end of the lease, which is far away: make it now.
            let due = LedgerKeys.due(fixture.account("gopal").shard)
            _ = try await fixture.node.send(RedisCommand("ZADD", .key(due), "XX", 0, "gopal/USD"), within: nil)
            for _ in 0..<3 { try await sweeper.sweep() }
            let entries = try await fixture.entries("gopal")
            #expect(entries.map(\.operation) == [operation])
            #expect(try await fixture.queue.add(order, .local).outcome == first.outcome)
            let left = try await fixture.node.send(RedisCommand("EXISTS", .key(due), .key(keys.waiters)), within: nil)
            #expect(left.integerValue == 0)
        }
    }

    @Test func `what a waiting add is refused for is known at its location`() async throws {
        var configuration = LedgerConfiguration()
        configuration.queueWait = .zero
        try await LedgerFixture.with(configuration) { fixture in
            let keys = fixture.lockKeys("gopal")
            _ = try await fixture.lock().take(keys, operation: "payment", order: 0)
            let order = fixture.order(fixture.account("gopal"), 500, key: "k", .init(match: .sequences([9])))
            let operation = try #require(try await fixture.queue.add(order, .local).operation)
            try await fixture.lock().release(keys, operation: "payment")
            let settled = try await fixture.ledger.settle(
                fixture.account("gopal"),
                operation: operation,
                accepts: false,
                .local
            )
            guard case .settled(let result, isAccepted: true) = settled else {
                Issue.record("\(settled)")
                return
            }
            #expect(result.refusal?.reason == .preconditionFailed)
            #expect(try await fixture.balance("gopal").sequence == 0)
        }
    }

    @Test func `too many that wait are refused and leave nothing`() async throws {
        var configuration = LedgerConfiguration()
        configuration.queueLimit = 3
        configuration.queueWait = .zero
        try await LedgerFixture.with(configuration) { fixture in
            _ = try await fixture.lock().take(fixture.lockKeys("gopal"), operation: "payment", order: 0)
            for _ in 0..<2 { #expect(try await fixture.add("gopal", 1).operation != nil) }
            let before = try await fixture.everything()
            await #expect(throws: LedgerError.accountBusy) { try await fixture.add("gopal", 1, key: "k") }
            #expect(try await fixture.everything() == before)
        }
    }

    /// Some hands are killed, paused or late: each order is entered once, in the end by one of them.
    @Test(arguments: Seed.cases(4))
    func `orders that wait are entered once by many hands at once`(seed: Seed) async throws {
        var configuration = LedgerConfiguration()
        configuration.queueWait = .zero
        try await LedgerFixture.with(configuration) { fixture in
            var random = seed.random
            let keys = fixture.lockKeys("gopal")
            _ = try await fixture.lock().take(keys, operation: "payment", order: 0)
            var operations: [String] = []
            for number in 1...30 {
                let order = fixture.order(fixture.account("gopal"), Int64(number), key: "k\(number)")
                operations.append(try #require(try await fixture.queue.add(order, .local).operation))
            }
            try await fixture.lock().release(keys, operation: "payment")
            let shuffled = (operations + operations + operations).shuffled(using: &random)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for operation in shuffled {
                    group.addTask {
                        try await eventually("\(operation) is settled") {
                            let account = fixture.account("gopal")
                            let settled = try await fixture.ledger.settle(
                                account,
                                operation: operation,
                                accepts: false,
                                .local
                            )
                            guard case .settled = settled else { return false }
                            return true
                        }
                    }
                }
                try await group.waitForAll()
            }
            let entries = try await fixture.entries("gopal")
            #expect(entries.map(\.amount.minorUnits) == Array(1...30))
            #expect(entries.map(\.operation) == operations)
        }
    }
}
