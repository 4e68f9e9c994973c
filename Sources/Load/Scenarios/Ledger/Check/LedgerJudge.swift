import NIOCore
import Synchronization

/// Compares the service's accounts with what it acknowledged in a load.
package struct LedgerJudge: Sendable {
    /// Users whose statement is read: 5.
    private static let statementUsers = 5
    /// Queued transactions of a user that are looked up by name: 10.
    private static let queuedPerUser = 10

    private let configuration: LedgerLoadConfiguration
    private let plan: AddPlan
    private let workers: AccountWorkers
    private let counters: ChangeCounters

    package init(
        configuration: LedgerLoadConfiguration,
        plan: AddPlan,
        workers: AccountWorkers,
        counters: ChangeCounters
    ) {
        self.configuration = configuration
        self.plan = plan
        self.workers = workers
        self.counters = counters
    }

    /// The state of the users' accounts before the load; nothing to ask when nobody else can have used their names.
    package func standings() async throws(LoadError) -> [AccountComparison.Standing] {
        let none = Array(repeating: AccountComparison.Standing(), count: self.configuration.users)
        guard self.configuration.userPrefix != nil else { return none }
        let standings = Mutex(none)
        try await self.workers.forEach(0..<self.configuration.users) { reader, user throws(LoadError) in
            switch try await reader.standing(self.plan.user(user)) {
            case .read(let standing): standings.withLock { $0[user] = standing }
            case .wrong(let reason): throw .cannotCheck(reason)
            }
        }
        return standings.withLock { $0 }
    }

    /// Reads every balance, and the histories and statements of a sample; in bounded time if the service answers.
    package func judge(
        _ tally: ChangeTally,
        before: [AccountComparison.Standing]
    ) async throws(LoadError) -> LedgerFindings {
        let checks = self.checks(tally, before)
        let (histories, statements) = self.samples()
        let findings = Mutex(LedgerFindings())
        let givesUpAt = MonotonicClock.now + self.configuration.settleWait.nanoseconds
        do throws(LoadError) {
            try await self.workers.forEach(checks.indices) { reader, user throws(LoadError) in
                let found = try await Self.judge(
                    checks[user],
                    &reader,
                    hasHistory: histories.contains(user),
                    hasStatement: statements.contains(user),
                    givesUpAt: givesUpAt
                )
                findings.withLock { $0.add(found) }
                self.counters.countChecked()
            }
        } catch .cancelled {
            throw .cancelled
        } catch {
            findings.withLock { $0.add([error.description]) }
        }
        return findings.withLock { $0 }
    }

    /// Compares one account; again when adds came in between its answers.
    private static func judge(
        _ check: AccountComparison,
        _ reader: inout AccountClient,
        hasHistory: Bool,
        hasStatement: Bool,
        givesUpAt: Int64
    ) async throws(LoadError) -> LedgerFindings {
        while true {
            var findings = LedgerFindings()
            let standing = findings.take(try await Self.standing(check, &reader, givesUpAt))
            guard let standing else { return findings }
            findings.balances = 1
            findings.add(check.complaints(standing))
            try await Self.compareQueued(check, &reader, &findings)
            if hasHistory {
                try await Self.compareEntries(check, &reader, &findings, standing, hasStatement: hasStatement)
            }
            guard check.isMoving, findings.complaintCount > 0, MonotonicClock.now < givesUpAt,
                case .read(let again) = try await reader.standing(check.user), again != standing
            else { return findings }
        }
    }

    /// The account's balance, once the queued adds have happened or it is too late.
    private static func standing(
        _ check: AccountComparison,
        _ reader: inout AccountClient,
        _ givesUpAt: Int64
    ) async throws(LoadError) -> AccountClient.Reading<AccountComparison.Standing> {
        while true {
            let reading = try await reader.standing(check.user)
            guard check.hasQueued, case .read(let standing) = reading, MonotonicClock.now < givesUpAt,
                standing.sequence < check.expected.sequence
            else { return reading }
            do { try await Task.sleep(for: .milliseconds(50)) } catch { throw .cancelled }
        }
    }

    private static func compareQueued(
        _ check: AccountComparison,
        _ reader: inout AccountClient,
        _ findings: inout LedgerFindings
    ) async throws(LoadError) {
        for taken in check.taken.filter({ $0.standing == nil }).prefix(Self.queuedPerUser) {
            guard let isDone = findings.take(try await reader.isDone(taken)) else { continue }
            if isDone {
                findings.queued += 1
            } else {
                findings.add(["queued transaction \(taken.transactionID) is not done in time"])
            }
        }
    }

    private static func compareEntries(
        _ check: AccountComparison,
        _ reader: inout AccountClient,
        _ findings: inout LedgerFindings,
        _ standing: AccountComparison.Standing,
        hasStatement: Bool
    ) async throws(LoadError) {
        guard let entries = findings.take(try await reader.history(check.user)) else { return }
        findings.histories = 1
        findings.entries = entries.count
        findings.add(check.complaints(entries, standing: standing))
        guard hasStatement, let lines = findings.take(try await reader.statement(check.user)) else { return }
        findings.statements = 1
        findings.add(check.complaints(statement: lines, entries: entries, standing: standing))
    }

    /// The expectation of each account.
    private func checks(_ tally: ChangeTally, _ before: [AccountComparison.Standing]) -> [AccountComparison] {
        var checks = before.indices.map { AccountComparison(user: self.plan.user($0)) }
        for user in before.indices { checks[user].before = before[user] }
        for taken in tally.taken {
            let user = self.plan.userIndex(taken.number)
            let usual = "\(checks[user].user).\(taken.place?.sequence ?? 0)"
            let standing = taken.place.map { AccountComparison.Standing(sequence: $0.sequence, balance: $0.balance) }
            checks[user].taken.append(
                AccountComparison.Taken(
                    transactionID: taken.transactionID ?? usual,
                    cents: self.plan.cents(taken.number),
                    standing: standing
                )
            )
        }
        for number in tally.doubtful {
            checks[self.plan.userIndex(number)].doubtful.append(self.plan.cents(number))
        }
        return checks
    }

    /// The users whose histories are read, all if there are few adds, and those among them whose statement is.
    private func samples() -> (histories: Set<Int>, statements: Set<Int>) {
        var random = SeededRandom(seed: self.configuration.seed, stream: 4)
        let users = (0..<self.configuration.users).shuffled(using: &random)
        let isFew = self.plan.count <= self.configuration.fullHistoryLimit
        let sample = isFew ? users : Array(users.prefix(self.configuration.sampledUsers))
        return (Set(sample), Set(sample.prefix(Self.statementUsers)))
    }
}

extension LedgerFindings {
    /// The value that was read; nil when it was wrong, which is kept as a complaint.
    fileprivate mutating func take<Value>(_ reading: AccountClient.Reading<Value>) -> Value? {
        switch reading {
        case .read(let value): return value
        case .wrong(let reason):
            self.add([reason])
            return nil
        }
    }
}
