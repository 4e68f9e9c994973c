import Coordination
import Ledger
import RESP
import Redis
import Support
import Testing

struct DurabilityTests {
    private func withReplica(
        _ body: @Sendable @escaping (LedgerFixture, RedisServer) async throws -> Void
    ) async throws {
        let primary = try LedgerFixture.server(["--repl-diskless-sync-delay", "0"])
        defer { primary.kill() }
        let replica = try RedisServer(
            .with { $0.arguments = ["--replicaof", "127.0.0.1", "\(primary.port)"] }
        )
        defer { replica.kill() }
        var commits = CommitPump.Configuration()
        commits.replicaTimeout = .milliseconds(500)
        try await LedgerFixture.with(server: primary, commits: commits) { fixture in
            try await eventually("the replica joins") {
                await fixture.guardian.check()
                guard fixture.guardian.verdict == .kept(replicas: 1) else { return false }
                return (try? await fixture.add("probe", 1, .none, .replicated)) != nil
            }
            try await body(fixture, replica)
        }
    }

    @Test func `a replicated add is acknowledged by a replica`() async throws {
        try await self.withReplica { fixture, _ in
            let result = try await fixture.add("gopal", 5, key: "k", .none, .replicated)
            #expect(result.durability == .replicated && result.replicas == 1 && result.entry?.sequence == 1)
            #expect(try await fixture.add("gopal", 5).durability == .local)
        }
    }

    @Test func `without its replica an add is not promised, and the same key later succeeds`() async throws {
        try await self.withReplica { fixture, replica in
            try await fixture.add("gopal", 5, .none, .replicated)
            replica.pause()
            for _ in 0..<2 {
                await #expect(throws: LedgerError.appliedNotDurable) {
                    try await fixture.add("gopal", 500, key: "k", .none, .replicated)
                }
            }
            // A refusal changes no money: it is told as what it is.
            let refused = try await fixture.add("gopal", 1, .init(match: .sequences([99])), .replicated)
            #expect(refused.refusal?.reason == .preconditionFailed)
            await #expect(throws: LedgerError.idempotencyKeyReused) {
                try await fixture.add("gopal", 501, key: "k", .none, .replicated)
            }
            // A request that asks for less gets it, and is held up by nobody.
            #expect(try await fixture.add("other", 1).durability == .local)
            replica.resume()
            try await eventually("the replica is back") {
                guard let result = try? await fixture.add("gopal", 500, key: "k", .none, .replicated) else {
                    return false
                }
                return result.isReplay && result.replicas == 1
            }
            #expect(try await fixture.balance("gopal") == Ledger.Balance(amount: Money(minorUnits: 505), sequence: 2))
        }
    }

    @Test func `a script that Redis forgot is still waited for`() async throws {
        try await self.withReplica { fixture, replica in
            try await fixture.add("gopal", 5, .none, .replicated)
            replica.pause()
            _ = try await fixture.node.send(RedisCommand("SCRIPT", "FLUSH"), within: nil)
            await #expect(throws: LedgerError.appliedNotDurable) {
                try await fixture.add("gopal", 5, key: "k", .none, .replicated)
            }
            replica.resume()
        }
    }

    @Test func `many at once share their waits`() async throws {
        try await self.withReplica { fixture, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<500 {
                    group.addTask {
                        let result = try await fixture.add("u\(number % 50)", 1, key: "k\(number)", .none, .replicated)
                        #expect(result.entry != nil && result.replicas == 1)
                    }
                }
                try await group.waitForAll()
            }
            let stats = try await fixture.node.send(RedisCommand("INFO", "commandstats"), within: nil).string ?? ""
            let waits = stats.split(whereSeparator: \.isNewline).first { $0.hasPrefix("cmdstat_wait:calls=") }
            let count = try #require(waits.flatMap { Int($0.dropFirst(19).prefix { $0.isNumber }) })
            #expect(count < 400, "\(count) waits for 500 adds")
        }
    }

    @Test(
        arguments: [
            (
                [
                    "appendonly": "yes", "appendfsync": "always", "no-appendfsync-on-rewrite": "no",
                    "maxmemory-policy": "noeviction",
                ],
                "role:master\r\nconnected_slaves:2\r\n", StoreGuard.Verdict.kept(replicas: 2)
            ),
            (nil, "role:master\r\n", .broken(["Redis does not let its settings be read (CONFIG GET)"], replicas: 0)),
            (
                [
                    "appendonly": "yes", "appendfsync": "everysec", "no-appendfsync-on-rewrite": "no",
                    "maxmemory-policy": "noeviction",
                ], "role:slave\r\n",
                .broken(["appendfsync is everysec and should be always", "this Redis is a replica"], replicas: 0)
            ),
            (
                [:], "",
                .broken(
                    [
                        "appendonly is unknown and should be yes", "appendfsync is unknown and should be always",
                        "no-appendfsync-on-rewrite is unknown and should be no",
                        "maxmemory-policy is unknown and should be noeviction",
                    ],
                    replicas: 0
                )
            ),
        ] as [([String: String]?, String, StoreGuard.Verdict)]
    )
    func `Redis's own settings decide`(settings: [String: String]?, info: String, verdict: StoreGuard.Verdict) {
        #expect(StoreGuard.judge(settings: settings, info: info) == verdict)
    }
}

extension RedisServer.Options {
    fileprivate static func with(_ change: (inout Self) -> Void) -> Self {
        var options = Self()
        change(&options)
        return options
    }
}
