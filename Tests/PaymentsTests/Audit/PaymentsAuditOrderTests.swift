import Evidence
import Ledger
import Payments
import RESP
import Redis
import Synchronization
import Testing

/// Payments that move just between two readings of the audit.
@Suite
struct PaymentsAuditOrderTests {
    @Test
    func `a payment that is carried out while its neighbour's entries are looked for is right`() async throws {
        try await PaymentsAuditFixture.with { fixture in
            let some = SomePayments()
            let early = TestPayment(1, from: some.done.from, to: some.done.to, 5)
            let late = TestPayment(2, from: some.done.from, to: some.done.to, 6)
            try await fixture.add(early.from, 100)
            for payment in [early, late] { try await fixture.take(payment, .accept) }
            let redis = BusyRedis(redis: fixture.redis, script: "payments_audit_records") { isBefore in
                // The accounts have been read: one is done before its record is read, the other behind it.
                _ = try await fixture.take(isBefore ? early : late, .apply)
            }
            let report = try await PaymentsAudit(redis: redis).run()
            #expect(report.isClean, "\(report.text)")
            #expect(report.states == [.done: 1, .pending: 1])
        }
    }

    @Test
    func `a payment that ends between its lock and its record leaves nothing`() async throws {
        try await PaymentsAuditFixture.with { fixture in
            let some = SomePayments()
            let payment = TestPayment(1, from: some.done.from, to: some.done.to, 5)
            try await fixture.add(payment.from, 100)
            try await fixture.take(payment, .accept, .lock)
            let redis = BusyRedis(redis: fixture.redis, command: "GET") { isBefore in
                if !isBefore { _ = try await fixture.take(payment, .debit, .credit, .done, .release, .sweep) }
            }
            let report = try await PaymentsAudit(redis: redis).run()
            #expect(report.isClean, "\(report.text)")
        }
    }
}

/// A Redis in which something happens just before and just behind one call, the first of its kind.
private final class BusyRedis: RedisClient {
    private let redis: any RedisClient
    private let script: String?
    private let command: String?
    private let isOver = Mutex(false)
    private let happen: @Sendable (_ isBefore: Bool) async throws -> Void

    init(
        redis: any RedisClient,
        script: String? = nil,
        command: String? = nil,
        _ happen: @escaping @Sendable (_ isBefore: Bool) async throws -> Void
    ) {
        self.redis = redis
        self.script = script
        self.command = command
        self.happen = happen
    }

    /// Whether it is the first call of its kind.
    private func begins(_ isRight: Bool) -> Bool {
        guard isRight else { return false }
        return self.isOver.withLock { isOver in
            defer { isOver = true }
            return !isOver
        }
    }

    func send(_ command: RedisCommand, within: Duration?) async throws(RedisError) -> RESPValue {
        try await self.redis.send(command, within: within)
    }

    func send(_ commands: [RedisCommand], within: Duration?) async -> [Result<RESPValue, RedisError>] {
        let isFirst = self.begins(commands.contains { $0.name == self.command })
        if isFirst { await self.happens(true) }
        let results = await self.redis.send(commands, within: within)
        if isFirst { await self.happens(false) }
        return results
    }

    func run(_ call: RedisScriptCall, within: Duration?) async throws(RedisError) -> RESPValue {
        let isFirst = self.begins(call.script.name == self.script)
        if isFirst { await self.happens(true) }
        let reply = try await self.redis.run(call, within: within)
        if isFirst { await self.happens(false) }
        return reply
    }

    private func happens(_ isBefore: Bool) async {
        do { try await self.happen(isBefore) } catch { Issue.record(error) }
    }
}
