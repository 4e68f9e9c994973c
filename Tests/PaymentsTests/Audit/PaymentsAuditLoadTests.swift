import Evidence
import Ledger
import Payments
import Redis
import Support
import Synchronization
import Testing

/// The audit beside writers that move payments through all states as fast as they can.
@Suite
struct PaymentsAuditLoadTests {
    private final class Flag: Sendable {
        let isUp = Atomic(false)
    }

    /// How a writer carries payments out.
    enum Manner: String, Sendable, CaseIterable {
        /// Both entries in one step.
        case whole
        /// Each account by itself.
        case split
        case mixed
    }

    private static let writers = 3

    @Test(arguments: Manner.allCases, [2, 60])
    func `what moves is never called violated`(manner: Manner, users: Int) async throws {
        try await PaymentsAuditFixture.with { fixture in
            for number in 0..<users { try await fixture.add(.named("user-\(number)"), 300) }
            let decided = Atomic(0)
            try await Self.beside(fixture, users: users, manner) {
                for _ in 0..<3 {
                    let report = try await fixture.audit()
                    #expect(report.violations.total == 0 && report.ledger.violations.total == 0, "\(report.text)")
                    if report.undecided.isEmpty { decided.add(1, ordering: .relaxed) }
                }
            }
            #expect(decided.load(ordering: .relaxed) > 0)
            let report = try await fixture.audit(isSettled: true)
            #expect(report.isClean, "\(report.text)")
            #expect(report.payments > 0)
        }
    }

    @Test(arguments: Manner.allCases)
    func `a payment that is off is found beside writers`(manner: Manner) async throws {
        try await PaymentsAuditFixture.with { fixture in
            for number in 0..<30 { try await fixture.add(.named("user-\(number)"), 300) }
            let victim = TestPayment(1, from: .named("gopal"), to: .named("verve"), 5)
            try await fixture.add(victim.from, 300)
            try await fixture.take(victim, .accept, .apply)
            try await Self.beside(fixture, users: 30, manner) {
                try await fixture.send("HSET", .key(victim.key), "state", "failed")
                let lock = LedgerKeys.lock(victim.from)
                try await fixture.send("SET", .key(lock), .text("\(victim.id.text):7"))
                let report = try await fixture.audit()
                #expect(Set(report.violations.first.map(\.key)) == [victim.key, lock], "\(report.text)")
                #expect(report.violations.counts == [.entryStray: 1, .lockStray: 1])
                #expect(report.exitCode == 1)
            }
        }
    }

    /// Runs `body` while others pay; when it returns they end what they have begun.
    private static func beside(
        _ fixture: PaymentsAuditFixture,
        users: Int,
        _ manner: Manner,
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
                        let from = Account.named("user-\(random.next() % UInt64(users))")
                        // Some payees are new.
                        let to =
                            random.next() % 8 == 0 ? "new-\(writer)-\(number)" : "user-\(random.next() % UInt64(users))"
                        guard from.user.text != to else { continue }
                        // All of the same amount, so that differences could look alike.
                        let payment = TestPayment(1000 + writer * 1_000_000 + number, from: from, to: .named(to), 1)
                        try await Self.pay(fixture, payment, manner, &random)
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

    private static func pay(
        _ fixture: PaymentsAuditFixture,
        _ payment: TestPayment,
        _ manner: Manner,
        _ random: inout SeededGenerator
    ) async throws {
        let fate = random.next() % 10
        let isStepped = manner == .split || (manner == .mixed && random.next() % 2 == 0)
        try await fixture.take(payment, .accept)
        if fate == 0 {
            try await fixture.take(payment, .cancel)
            return
        }
        guard isStepped else {
            if try await fixture.take(payment, .apply) { return }
            try await fixture.take(payment, .fail, .release, .sweep)
            return
        }
        try await fixture.take(payment, .lock)
        guard try await fixture.take(payment, .debit) else {
            try await fixture.take(payment, .fail, .release, .sweep)
            return
        }
        if fate == 1 {
            try await fixture.take(payment, .refuse, .back, .release, .sweep)
        } else {
            try await fixture.take(payment, .credit, .done, .release, .sweep)
        }
    }
}
