import CouponAPI
import Synchronization

/// The faults in the state that a mixed load left behind.
package enum MixedViolation: String, FindingKind {
    case balance
    case entries
    case codes
    case unread

    package var sentence: String {
        switch self {
        case .balance: "an account does not hold what its adds and payments leave"
        case .entries: "an account has not one entry for each of its adds"
        case .codes: "the campaign does not list the codes that were handed out"
        case .unread: "something cannot be read"
        }
    }
}

/// Compares accounts and campaign with the changes that were taken, when all have come to their end.
package struct MixedCheck: Sendable {
    private let plan: MixedPlan
    private let records: [Int: MixedBook.Record]
    /// Whether it is known of every change that it happened; else more may have.
    private let isExact: Bool

    package init(_ plan: MixedPlan, _ records: [Int: MixedBook.Record], isExact: Bool) {
        self.plan = plan
        self.records = records
        self.isExact = isExact || !records.contains { plan.operation($0.key).isChange && $0.value.name == nil }
    }

    package func findings(
        _ workers: AccountWorkers,
        campaign: Int64?,
        _ calls: CouponCalls
    ) async throws(LoadError) -> Findings<MixedViolation> {
        let found = Mutex(Findings<MixedViolation>())
        let (adds, payments) = (self.adds, self.payments)
        try await workers.forEach(adds.keys) { reader, user throws(LoadError) in
            let name = self.plan.adds.user(user)
            let reading = try await reader.standing(name)
            let expected = adds[user] ?? AccountComparison.Standing()
            found.withLock { $0.add(self.compare(name, reading, expected)) }
        }
        // One account got the sum that a payment took from another, so with one unknown none of them is sure.
        if self.isExact {
            try await workers.forEach(payments.keys) { reader, user throws(LoadError) in
                let name = self.plan.payments.user(user)
                let reading = try await reader.standing(name)
                let expected = AccountComparison.Standing(sequence: -1, balance: payments[user] ?? 0)
                found.withLock { $0.add(self.compare(name, reading, expected)) }
            }
        }
        if let campaign {
            var calls = calls
            defer { calls.close() }

            let listed = try await calls.campaign(campaign).couponCodes
            found.withLock { $0.add(self.compare(codes: listed)) }
        }
        return found.withLock { $0 }
    }

    /// The accounts as the adds leave them, by user.
    private var adds: [Int: AccountComparison.Standing] {
        var standings: [Int: AccountComparison.Standing] = [:]
        for number in self.taken(.add) {
            standings[self.plan.adds.userIndex(number), default: .init()].sequence += 1
            standings[self.plan.adds.userIndex(number), default: .init()].balance += self.plan.adds.cents(number)
        }
        return standings
    }

    /// Cents that payments leave, by account.
    private var payments: [Int: Int64] {
        var balances: [Int: Int64] = [:]
        for number in self.taken(.payment) {
            let (from, to) = self.plan.payments.sides(number)
            balances[from, default: MixedLoadConfiguration.seeded] -= self.plan.payments.cents(number)
            balances[to, default: MixedLoadConfiguration.seeded] += self.plan.payments.cents(number)
        }
        return balances
    }

    private func taken(_ operation: MixedOperation) -> [Int] {
        self.records.filter { $0.value.name != nil && self.plan.operation($0.key) == operation }.map(\.key)
    }

    private func compare(
        _ name: String,
        _ reading: AccountClient.Reading<AccountComparison.Standing>,
        _ expected: AccountComparison.Standing
    ) -> Findings<MixedViolation> {
        var findings = Findings<MixedViolation>()
        switch reading {
        case .wrong(let reason): findings.add(.unread, reason)
        case .read(let standing):
            let isBalanced = self.isExact ? standing.balance == expected.balance : standing.balance >= expected.balance
            if !isBalanced {
                let texts = [standing.balance, expected.balance].map { Cents.text($0) }
                findings.add(.balance, "\(name) holds \(texts[0]), not \(texts[1])")
            }
            let isWhole = self.isExact ? standing.sequence == expected.sequence : standing.sequence >= expected.sequence
            if expected.sequence >= 0, !isWhole {
                findings.add(.entries, "\(name) has \(standing.sequence) entries, not \(expected.sequence)")
            }
        }
        return findings
    }

    private func compare(codes listed: [String]) -> Findings<MixedViolation> {
        var findings = Findings<MixedViolation>()
        let told = self.taken(.coupon).compactMap { self.records[$0]?.name }
        let isEqual = self.isExact ? listed.sorted() == told.sorted() : Set(listed).isSuperset(of: told)
        if !isEqual || Set(told).count != told.count {
            findings.add(.codes, "\(listed.count) are listed, \(told.count) were handed out")
        }
        return findings
    }
}
