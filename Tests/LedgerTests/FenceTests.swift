import Coordination
import Ledger
import RESP
import Redis
import Support
import Testing

/// A longer operation whose worker is paused past its lease, with all three guards and with the lock alone.
struct FenceTests {
    /// The work of a worker once it holds the lock: read, be away, write.
    enum Worker: CaseIterable {
        /// The write is a script that checks lock, token and whether the operation was done already.
        case fenced
        /// The write is what most services do: what was read, plus the amount. The negative control.
        case lockOnly
    }

    private static let fencedWrite = RedisScript(
        "test_fenced_write",
        source: LuaLibrary.fencedLock
            + Array(
                """
                if redis.call("SISMEMBER", KEYS[3], ARGV[1]) == 1 then
                    return "done before"
                elseif not lock_is_held(KEYS[1], KEYS[2], ARGV[1], ARGV[2]) then
                    return "fenced"
                end
                redis.call("HINCRBY", KEYS[2], "balance", ARGV[3])
                redis.call("SADD", KEYS[3], ARGV[1])
                return "done"
                """.utf8
            )
    )

    @Test(arguments: Worker.allCases)
    func `a worker paused past its lease loses no money when it is fenced, and does when it is not`(
        worker: Worker
    ) async throws {
        try await LedgerFixture.with { fixture in
            let keys = fixture.lockKeys("gopal")
            let short = fixture.lock(lease: .milliseconds(50))
            let balance = RedisCommand("HGET", .key(keys.account), "balance")

            // The first worker takes the lock, reads, and is away for longer than its lease.
            guard case .taken(let first) = try await short.take(keys, operation: "one", order: 1) else {
                Issue.record("the lock was not free")
                return
            }
            let readByFirst = try await fixture.node.send(balance, within: nil).integerValue ?? 0
            try await eventually("the lease ends") {
                try await fixture.node.send(RedisCommand("EXISTS", .key(keys.lock)), within: nil).integerValue == 0
            }

            // Meanwhile the same operation is taken over and done, and another one after it.
            for (operation, order) in [("one", 1), ("two", 2)] {
                let standing = try await fixture.lock().take(keys, operation: operation, order: Int64(order))
                guard case .taken(let token) = standing else {
                    Issue.record("\(operation): \(standing)")
                    return
                }
                let read = try await fixture.node.send(balance, within: nil).integerValue ?? 0
                try await self.write(fixture, worker, keys, operation, token, read: read)
                try await fixture.lock().release(keys, operation: operation)
            }

            // The first worker comes back and writes; it tries again, as a redelivered message would make it.
            for _ in 0..<2 { try await self.write(fixture, worker, keys, "one", first, read: readByFirst) }
            let total = try await fixture.node.send(balance, within: nil).integerValue
            switch worker {
            case .fenced: #expect(total == 200)
            case .lockOnly: #expect(total != 200, "the control found nothing: this test proves nothing")
            }
        }
    }

    private func write(
        _ fixture: LedgerFixture,
        _ worker: Worker,
        _ keys: FencedLock.Keys,
        _ operation: String,
        _ token: Int64,
        read: Int64
    ) async throws {
        switch worker {
        case .fenced:
            _ = try await fixture.node.run(
                RedisScriptCall(
                    Self.fencedWrite,
                    keys: [keys.lock, keys.account, "\(keys.account):done"],
                    arguments: [.text(operation), .integer(Int(token)), 100]
                ),
                within: nil
            )
        case .lockOnly:
            _ = try await fixture.node.send(
                RedisCommand("HSET", .key(keys.account), "balance", .integer(Int(read) + 100)),
                within: nil
            )
        }
    }

    @Test func `a token is never given twice, and the operation that has the lock gets it again under a new one`()
        async throws
    {
        try await LedgerFixture.with { fixture in
            let keys = fixture.lockKeys("gopal")
            let lock = fixture.lock()
            #expect(try await lock.take(keys, operation: "one", order: 1) == .taken(token: 1))
            #expect(try await lock.take(keys, operation: "one", order: 1) == .taken(token: 2))
            #expect(try await lock.renew(keys, operation: "one", token: 1) == false)
            #expect(try await lock.renew(keys, operation: "one", token: 2))
            #expect(try await lock.renew(keys, operation: "two", token: 2) == false)
            guard case .parked(let place, let wait) = try await lock.take(keys, operation: "two", order: 2) else {
                Issue.record("two have the lock")
                return
            }
            #expect(place == 2 && wait > .seconds(30))
            #expect(try await lock.release(keys, operation: "two") == false)
            #expect(try await lock.release(keys, operation: "one"))
            #expect(try await lock.release(keys, operation: "one") == false)
            #expect(try await lock.take(keys, operation: "two", order: 2) == .taken(token: 3))
        }
    }

    @Test func `a queue is served in its order, whoever asks first`() async throws {
        try await LedgerFixture.with { fixture in
            let keys = fixture.lockKeys("gopal")
            let lock = fixture.lock()
            for (operation, order) in [("c", 3), ("a", 1), ("b", 2)] {
                let standing = try await lock.take(keys, operation: operation, order: Int64(order), joinsOnly: true)
                guard case .parked = standing else {
                    Issue.record("\(standing)")
                    return
                }
            }
            for operation in ["a", "b", "c"] {
                for other in ["c", "b", "a"] where other > operation {
                    guard case .parked = try await lock.take(keys, operation: other, order: 9) else {
                        Issue.record("\(other) came before \(operation)")
                        return
                    }
                }
                guard case .taken = try await lock.take(keys, operation: operation, order: 9) else {
                    Issue.record("\(operation) had to wait")
                    return
                }
                try await lock.release(keys, operation: operation)
            }
        }
    }

    /// Rings of operations that want two accounts each: with both queues joined first, none waits for ever.
    @Test func `operations that want two accounts in any order all come to an end`() async throws {
        try await LedgerFixture.with { fixture in
            let users = ["a", "b", "c", "d", "e"]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<60 {
                    let pair = [users[number % 5], users[(number + 1 + number / 5 % 3) % 5]]
                    group.addTask {
                        let keys = pair.map { fixture.lockKeys($0) }
                        let operation = "operation-\(number)"
                        let lock = fixture.lock()
                        for key in keys {
                            _ = try await lock.take(key, operation: operation, order: Int64(number), joinsOnly: true)
                        }
                        try await eventually("operation \(number) has both") {
                            for (index, key) in keys.enumerated() {
                                let standing = try await lock.take(key, operation: operation, order: Int64(number))
                                if case .taken = standing { continue }
                                // Nobody holds one lock while it waits for another.
                                for held in keys[..<index] {
                                    try await lock.release(held, operation: operation, stays: true)
                                }
                                return false
                            }
                            return true
                        }
                        for key in keys { try await lock.release(key, operation: operation) }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
