import Access
import Coordination
import RESP
import Redis
import Support
import Testing
import Web

@Suite("API keys, handed out and judged by")
struct KeyTableTests {
    private static let admitted = AccessVerdict.admitted(Caller(name: "shop"))

    @Test func `a key may do what its scopes say, and nothing else`() async throws {
        try await KeyFixture.with { fixture in
            let key = try await fixture.key("shop", "ledger:write", "ledger:read")
            #expect(fixture.judge(key.text, .write("ledger")) == .refused(.unavailable))
            try await fixture.table.read()
            #expect(fixture.judge(key.text, .write("ledger")) == Self.admitted)
            #expect(fixture.judge(key.text, .any) == Self.admitted)
            #expect(fixture.judge(key.text, .admin("ledger")) == .refused(.scopeMissing("ledger:admin")))
            #expect(fixture.judge(key.text, .write("payments")) == .refused(.scopeMissing("payments:write")))
            #expect(fixture.table.judge([], for: .read("ledger")) == .refused(.keyMissing))
            #expect(fixture.table.judge([], for: .open) == .admitted(.anonymous))
            for right in ["bearer \(key.text)", "BEARER \(key.text)", "Bearer  \(key.text)", "Bearer     \(key.text)"] {
                #expect(fixture.table.judge([right], for: .read("ledger")) == Self.admitted, "\(right)")
            }
            let twice = ["Bearer \(key.text)", "Bearer \(key.text)"]
            for wrong in [
                twice, ["Basic \(key.text)"], ["Bearer\t\(key.text)"], ["Bearer \(key.text) x"], [key.text],
                ["Bearer"], ["Bearer "], [""], ["Bearer\(key.text)"],
            ] {
                #expect(fixture.table.judge(wrong, for: .read("ledger")) == .refused(.keyInvalid), "\(wrong)")
            }
        }
    }

    @Test func `the right id with another secret is no key`() async throws {
        try await KeyFixture.with { fixture in
            let key = try await fixture.key("shop", "ledger:read")
            let other = try await fixture.key("shop", "ledger:read")
            try await fixture.table.read()
            let mixed = "tally_\(key.id)_\(other.text.suffix(52))"
            #expect(fixture.judge(mixed, .read("ledger")) == .refused(.keyInvalid))
        }
    }

    @Test func `a revoked key is refused by the next reading`() async throws {
        try await KeyFixture.with { fixture in
            let key = try await fixture.key("shop", "ledger:read")
            try await fixture.table.read()
            #expect(fixture.judge(key.text, .read("ledger")) == Self.admitted)
            _ = try await fixture.store.revoke(key.id, after: .zero)
            try await fixture.table.read()
            #expect(fixture.judge(key.text, .read("ledger")) == .refused(.keyInvalid))
            #expect(try await fixture.store.list().map(\.isValid) == [false])
            await #expect(throws: AccessError.unknown) { try await fixture.store.revoke("000000000000", after: .zero) }
        }
    }

    /// A failover takes a revocation back, and the next one has its number.
    @Test func `a revoked key is refused by the next reading, also when another revision had the same number`()
        async throws
    {
        try await KeyFixture.with { fixture in
            let first = try await fixture.key("shop", "ledger:read")
            let second = try await fixture.key("shop", "ledger:read")
            let before = try await fixture.redis.send(RedisCommand("HGETALL", .key(AccessKeys.keys))).array ?? []
            let count = try await fixture.redis.send(RedisCommand("GET", .key(AccessKeys.revision))).string ?? ""
            _ = try await fixture.store.revoke(first.id, after: .zero)
            try await fixture.table.read()
            #expect(fixture.judge(first.text, .read("ledger")) == .refused(.keyInvalid))

            let words = before.map { RedisArgument.text($0.string ?? "") }
            _ = try await fixture.redis.send(RedisCommand("HSET", [.key(AccessKeys.keys)] + words))
            _ = try await fixture.redis.send(RedisCommand("SET", .key(AccessKeys.revision), .text(count)))
            _ = try await fixture.redis.send(RedisCommand("DEL", .key(AdminKeys.log), .key(AdminKeys.head)))
            _ = try await fixture.store.revoke(second.id, after: .zero)
            try await fixture.table.read()
            #expect(fixture.judge(second.text, .read("ledger")) == .refused(.keyInvalid))
            #expect(fixture.judge(first.text, .read("ledger")) == Self.admitted)
        }
    }

    @Test func `a key ends by Redis's clock`() async throws {
        try await KeyFixture.with { fixture in
            let short = try await fixture.key("shop", "ledger:read", life: .seconds(1))
            let long = try await fixture.key("shop", "ledger:read", life: .seconds(1000))
            try await fixture.table.read()
            try await eventually("the key has ended") {
                fixture.judge(short.text, .read("ledger")) == .refused(.keyInvalid)
            }
            #expect(fixture.judge(long.text, .read("ledger")) == Self.admitted)
        }
    }

    @Test func `an end is never put off`() async throws {
        try await KeyFixture.with { fixture in
            let key = try await fixture.key("shop", "ledger:read", life: .seconds(100))
            let first = try await fixture.store.revoke(key.id, after: .seconds(50))
            let later = try await fixture.store.revoke(key.id, after: .seconds(5000))
            #expect(later == first)
            let sooner = try await fixture.store.revoke(key.id, after: .seconds(1))
            #expect(sooner < first)
        }
    }

    @Test func `a key takes another's place while both are good for a while`() async throws {
        try await KeyFixture.with { fixture in
            let old = try await fixture.key("shop", "ledger:read", "uniques:write")
            let new = try await fixture.store.rotate(old.id, overlap: .seconds(100), life: nil).key
            try await fixture.table.read()
            for key in [old, new] { #expect(fixture.judge(key.text, .write("uniques")) == Self.admitted) }
            let listed = try await fixture.store.list()
            #expect(listed.map(\.record.name) == ["shop", "shop"])
            #expect(listed.first { $0.record.id == old.id }?.record.expires != nil)
            #expect(listed.first { $0.record.id == new.id }?.record.expires == nil)
            _ = try await fixture.store.revoke(old.id, after: .zero)
            await #expect(throws: AccessError.ended) {
                try await fixture.store.rotate(old.id, overlap: .zero, life: nil)
            }
            await #expect(throws: AccessError.unknown) {
                try await fixture.store.rotate("000000000000", overlap: .zero, life: nil)
            }
            #expect(try await fixture.log().map { $0["action"] } == ["keys.create", "keys.rotate", "keys.revoke"])
        }
    }

    @Test func `nothing in Redis is a secret`() async throws {
        try await KeyFixture.with { fixture in
            let key = try await fixture.key("shop", "ledger:read")
            let reply = try await fixture.redis.send(RedisCommand("HGETALL", .key("tally:{admin}:keys")), within: nil)
            let all = (reply.array ?? []).map { $0.string ?? "" }
            let log = try await fixture.log()
            let secret = String(key.text.suffix(52))
            #expect(!"\(all)".contains(secret))
            #expect(!"\(log)".contains(secret))
            #expect("\(all)".contains("shop"))
        }
    }

    @Test func `the list tells when a key was used`() async throws {
        try await KeyFixture.with { fixture in
            let used = try await fixture.key("used", "ledger:read")
            let idle = try await fixture.key("idle", "ledger:read")
            try await fixture.table.read()
            #expect(fixture.judge(used.text, .write("ledger")) == .refused(.scopeMissing("ledger:write")))
            let wrong = "tally_\(idle.id)_\(used.text.suffix(52))"
            #expect(fixture.judge(wrong, .read("ledger")) == .refused(.keyInvalid))
            try await fixture.table.read()
            let listed = try await fixture.store.list()
            #expect(listed.first { $0.record.id == used.id }?.used != nil)
            #expect(listed.first { $0.record.id == idle.id }?.used == nil)
        }
    }

    @Test func `what operators did is a chain that shows each change`() async throws {
        try await KeyFixture.with { fixture in
            for number in 0..<5 { _ = try await fixture.key("key-\(number)", "ledger:read") }
            var last = "start"
            for (index, entry) in try await fixture.log().enumerated() {
                #expect(entry.number == Int64(index + 1))
                #expect(entry["actor"] == "cli:test@here")
                #expect(entry.hash(behind: last) == entry.hash)
                last = entry.hash
            }
            #expect(try await AdminLog(redis: fixture.redis).head().hash == last)
            let changed = AdminEntry(number: 1, fields: [.init("at", "1")], hash: "x")
            #expect(changed.hash(behind: "start") != changed.hash)
        }
    }

    @Test func `an action is written down before it happens, and how it ended`() async throws {
        struct Broken: Error {}
        try await KeyFixture.with { fixture in
            let log = AdminLog(redis: fixture.redis)
            let action = AdminLog.Action(actor: "api:shop", name: "coupons.pause", object: "campaign 7")
            _ = try await log.record(action, unwritten: { $0 as any Error }, detail: { (answer: Int) in "\(answer)" }) {
                let before = try await log.newest(9)
                #expect(before.map { $0["outcome"] } == ["begun"])
                return 3
            }
            await #expect(throws: Broken.self) {
                try await log.record(action, unwritten: { $0 as any Error }) { throw Broken() }
            }
            let entries = try await log.newest(9)
            #expect(entries.map { $0["outcome"] } == ["begun", "done", "begun", "failed"])
            #expect(entries[1]["detail"] == "3")
            fixture.server.kill()
            await #expect(throws: RedisError.self) {
                try await log.record(action, unwritten: { $0 as any Error }) {
                    Issue.record("it happened, and nobody knows")
                }
            }
        }
    }

    @Test func `an instance that Redis has lost believes no key for long`() async throws {
        try await KeyFixture.with { fixture in
            let key = try await fixture.key("shop", "ledger:read")
            let clock = ServerClock(redis: fixture.redis, logger: fixture.silent)
            await clock.sample()
            let table = KeyTable(redis: fixture.redis, clock: clock, logger: fixture.silent, ageLimit: .seconds(1))
            try await table.read()
            #expect(table.isKnown)
            fixture.server.kill()
            try await eventually("the table is too old") {
                table.judge(["Bearer \(key.text)"], for: .read("ledger")) == .refused(.unavailable)
            }
            #expect(!table.isKnown)
        }
    }
}
