import Coordination
import Evidence
import Ledger
import RESP
import Redis
import Support
import Synchronization
import Testing

/// The audit beside writers that never pause.
@Suite
struct AuditLoadTests {
    private static let writers = 6

    private final class Flag: Sendable {
        let isUp = Atomic(false)
    }

    /// Runs `body` while others add to old and new users, some with references and operations.
    private static func beside(
        _ fixture: AuditFixture,
        users: Int,
        _ body: @Sendable @escaping () async throws -> Void
    ) async throws {
        let done = Flag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<Self.writers {
                group.addTask {
                    var random = Seed(UInt64(writer)).random
                    var number = 0
                    while !done.isUp.load(ordering: .relaxed) {
                        number += 1
                        // Slower than the audit of a debug build, which would never catch up otherwise.
                        try await Task.sleep(for: .milliseconds(4))
                        let isNew = random.next() % 8 == 0
                        let user = isNew ? "new-\(writer)-\(number)" : "user-\(random.next() % UInt64(users))"
                        try await fixture.add(
                            .named(user),
                            Int(random.next() % 1000) + 1,
                            reference: random.next() % 3 == 0 ? "r-\(writer)-\(number)" : "-",
                            operation: random.next() % 5 == 0 ? "01J\(writer)-\(number)" : "-"
                        )
                    }
                }
            }
            group.addTask {
                defer { done.isUp.store(true, ordering: .relaxed) }
                try await body()
            }
            try await group.waitForAll()
        }
    }

    @Test(arguments: [1, 40, 1000])
    func `what changes all the time is never called violated`(users: Int) async throws {
        try await AuditFixture.with { fixture in
            for number in 0..<users { try await fixture.add(.named("user-\(number)"), 1) }
            let clean = Atomic(0)
            try await Self.beside(fixture, users: users) {
                for _ in 0..<5 {
                    let report = try await fixture.audit(.usd)
                    #expect(report.violations.total == 0, "\(report.text)")
                    if report.isClean { clean.add(1, ordering: .relaxed) }
                }
            }
            #expect(clean.load(ordering: .relaxed) > 0)
            let report = try await fixture.audit()
            #expect(report.isClean, "\(report.text)")
        }
    }

    @Test
    func `a world that is off is found beside writers`() async throws {
        try await AuditFixture.with { fixture in
            for number in 0..<40 { try await fixture.add(.named("user-\(number)"), 1) }
            let world = LedgerKeys.world(Account.named("user-7").shard, .usd)
            try await Self.beside(fixture, users: 40) {
                try await fixture.send("HINCRBY", .key(world), "balance", -3)
                let report = try await fixture.audit(.usd)
                #expect(report.violations.first.map(\.kind) == [.shardSumWrong], "\(report.text)")
                #expect(report.violations.first.map(\.key) == [world])
                #expect(report.violations.first.map(\.found) == ["-3"])
            }
        }
    }

    @Test
    func `an entry that is off is found beside writers`() async throws {
        try await AuditFixture.with { fixture in
            for number in 0..<40 { try await fixture.add(.named("user-\(number)"), 1) }
            for _ in 0..<5 { try await fixture.add(.named("gopal"), 5) }
            try await Self.beside(fixture, users: 40) {
                try await fixture.edit(.named("gopal"), entry: 2, isChained: true) { $0[3] = "6" }
                let report = try await fixture.audit(.usd)
                #expect(report.violations.first.contains { $0.kind == .balanceWrong && $0.sequence == 2 })
                #expect(report.violations.counts[.balanceSumWrong] == 1)
                #expect(report.exitCode == 1)
            }
        }
    }

    @Test
    func `a clock that was set back is no violation`() async throws {
        try await AuditFixture.with { fixture in
            // As if Redis's clock had been an hour ahead when these were added: their accounts stay there.
            let ahead = 3_600_000 + Int(try await fixture.now())
            for number in 0..<40 { try await fixture.add(.named("user-\(number)"), 1, created: ahead) }
            try await Self.beside(fixture, users: 40) {
                for _ in 0..<3 {
                    let report = try await fixture.audit(.usd)
                    #expect(report.violations.total == 0, "\(report.text)")
                }
            }
            let report = try await fixture.audit(.usd)
            #expect(report.isClean, "\(report.text)")
        }
    }

    @Test
    func `progress grows and is told once a second at most`() async throws {
        try await AuditFixture.with { fixture in
            let seen = Mutex<[AuditProgress]>([])
            for number in 0..<2000 { try await fixture.add(.named("user-\(number)"), 1) }
            try await Self.beside(fixture, users: 2000) {
                _ = try await LedgerAudit(redis: SlowRedis(redis: fixture.redis), currency: .usd).run { progress in
                    seen.withLock { $0.append(progress) }
                }
            }
            let told = seen.withLock { $0 }
            #expect(!told.isEmpty)
            for (earlier, later) in zip(told, told.dropFirst()) {
                #expect(later.elapsed - earlier.elapsed >= .seconds(1))
                for name in ["keys", "accounts", "entries"] { #expect(later[name] >= earlier[name]) }
            }
        }
    }
}

extension AuditFixture {
    /// Redis's time in milliseconds.
    fileprivate func now() async throws -> Int64 {
        ServerTime(timeReply: try await self.send("TIME"))?.milliseconds ?? 0
    }
}

/// A Redis that takes its time for each script.
private struct SlowRedis: RedisClient {
    let redis: any RedisClient

    func send(_ command: RedisCommand, within: Duration?) async throws(RedisError) -> RESPValue {
        try await self.redis.send(command, within: within)
    }

    func send(_ commands: [RedisCommand], within: Duration?) async -> [Result<RESPValue, RedisError>] {
        await self.redis.send(commands, within: within)
    }

    func run(_ call: RedisScriptCall, within: Duration?) async throws(RedisError) -> RESPValue {
        // Only cancellation ends a sleep early, and then the call fails by itself.
        try? await Task.sleep(for: .milliseconds(5))
        return try await self.redis.run(call, within: within)
    }
}
