import Coordination
package import Evidence
package import Ledger

/// Says what is wrong with one payment: a value, which reads nothing itself.
///
/// An account's entries never change and a payment's money never goes back to an earlier state, so two readings that
/// are not of one instant are enough, in the right order. Entries that are in the accounts *before* the record is read
/// must be allowed by it: ``strays(_:)``. Entries that it tells must be in the accounts *after* it: ``missing(_:)``.
package struct PaymentCheck: Sendable {
    /// How long after its time a sweeper may come for what is left of a payment.
    package static let grace = Duration.seconds(60)

    package let record: AuditedPayment
    /// How long a record stays once its payment has ended.
    package let keep: Duration

    package init(_ record: AuditedPayment, keep: Duration) {
        self.record = record
        self.keep = keep
    }

    private func violation(
        _ kind: PaymentsAudit.Kind,
        _ expected: some CustomStringConvertible,
        _ found: some CustomStringConvertible
    ) -> Violation<PaymentsAudit.Kind> {
        Violation(kind, self.record.key, expected, found)
    }

    // MARK: The record alone

    /// All that is wrong with the record and its places, which are of one instant.
    package func shape() -> [Violation<PaymentsAudit.Kind>] {
        let record = self.record
        guard record.isThere else { return self.places(state: "unknown") }
        guard record.type == "hash" else { return [self.violation(.wrongType, "hash", record.type)] }
        guard let payment = record.payment, Self.isRight(payment) else {
            return [self.violation(.recordInvalid, "a payment", record.text)]
        }
        var violations: [Violation<PaymentsAudit.Kind>] = []
        if payment.from.shard != record.id.home {
            violations.append(self.violation(.wrongShard, payment.from.shard.tag, record.id.home.tag))
        }
        let isTerminal = payment.state.isTerminal
        if record.expires != isTerminal {
            let expected = isTerminal ? "to expire" : "to stay"
            violations.append(self.violation(.expiryWrong, expected, payment.state.rawValue))
        }
        if (payment.state == .debited) != record.isInFlight {
            let found = "\(payment.state.rawValue), \(record.isInFlight ? "" : "not ")in flight"
            violations.append(self.violation(.flightWrong, "debited and in flight, or neither", found))
        }
        guard !isTerminal else { return violations + self.places(state: payment.state.rawValue) }
        let isLetter = !(payment.dead ?? "").isEmpty
        if isLetter != record.isDead {
            let found = isLetter ? "not in dead" : "in dead"
            violations.append(self.violation(.deadWrong, "dead for a reason and in dead", found))
        } else if record.open == nil, !record.isDead {
            violations.append(self.violation(.unattended, "in open or dead", payment.state.rawValue))
        }
        return violations
    }

    private static func isRight(_ payment: Payment) -> Bool {
        (1...Money.largestAmount.minorUnits).contains(payment.amount.minorUnits) && payment.from != payment.to
            && payment.from.currency == payment.to.currency && payment.created.milliseconds > 0
            && (payment.finished != nil) == payment.state.isTerminal
    }

    /// Places that a payment which has ended, or is none, must not have.
    private func places(state: String) -> [Violation<PaymentsAudit.Kind>] {
        var violations: [Violation<PaymentsAudit.Kind>] = []
        let record = self.record
        // Behind one that has ended a sweeper comes once more, when something is left to do in another shard.
        if record.open != nil, !record.isThere || !record.isSwept(within: Self.grace) {
            violations.append(self.violation(.openStray, "a payment that has not ended", state))
        }
        if record.isDead {
            violations.append(self.violation(.deadStray, "a payment that has not ended", state))
        }
        if record.isInFlight, !record.isThere {
            violations.append(self.violation(.flightWrong, "a payment that is debited", state))
        }
        return violations
    }

    // MARK: The record and its entries

    /// The entries that were in the accounts before the record was read and must not be.
    package func strays(_ trace: PaymentMarks.Trace) -> [Violation<PaymentsAudit.Kind>] {
        if let repeated = trace.repeated {
            return [self.violation(.entryRepeated, "a \(repeated.kind.rawValue) once", repeated.text)]
        }
        guard self.record.isThere else { return self.orphans(trace) }
        guard let payment = self.record.payment, Self.isRight(payment) else { return [] }
        let allowed: [Entry.Kind] =
            switch payment.state {
            case .pending, .locked, .failed, .cancelled: []
            case .debited, .done: [.debit, .credit]
            case .returned: [.debit, .back]
            }
        if let stray = trace.all.first(where: { !allowed.contains($0.kind) }) {
            let expected = "no \(stray.kind.rawValue), the payment is \(payment.state.rawValue)"
            return [self.violation(.entryStray, expected, stray.text)]
        }
        let amount = payment.amount.minorUnits
        for mark in trace.all {
            let account = mark.kind == .credit ? payment.to : payment.from
            let right = mark.kind == .debit ? -amount : amount
            guard mark.account != account.id || mark.amount != right else { continue }
            let expected = "a \(mark.kind.rawValue) of \(right) in \(account.id)"
            return [self.violation(.entryWrong, expected, mark.text)]
        }
        return []
    }

    /// A record goes a while after its payment has ended, and so long after all of its entries.
    private func orphans(_ trace: PaymentMarks.Trace) -> [Violation<PaymentsAudit.Kind>] {
        let marks = trace.all
        let limit = self.record.time.milliseconds - Int64(self.keep / .milliseconds(1))
        if let young = marks.first(where: { $0.created > limit }) {
            return [self.violation(.recordMissing, "the payment of an entry", young.text)]
        }
        guard let first = marks.first else { return [] }
        let isPaired = trace.debit != nil && (trace.credit == nil) != (trace.back == nil)
        let isEven = marks.reduce(Int128(0)) { $0 + Int128($1.amount) } == 0
        let isHome = trace.back == nil || trace.back?.account == trace.debit?.account
        guard isPaired, isEven, isHome else {
            let expected = "a debit, and a credit or a return of as much"
            return [self.violation(.entryUnpaired, expected, first.text)]
        }
        return []
    }

    /// The entries that the record says are in the accounts and were not found, each with the account to look at.
    package func missing(_ trace: PaymentMarks.Trace) -> [(kind: PaymentsAudit.Kind, account: Account)] {
        guard let payment = self.record.payment, Self.isRight(payment) else { return [] }
        var missing: [(PaymentsAudit.Kind, Account)] = []
        let hasMoved = payment.state == .debited || payment.state == .done || payment.state == .returned
        if hasMoved, trace.debit == nil { missing.append((.debitMissing, payment.from)) }
        if payment.state == .done, trace.credit == nil { missing.append((.creditMissing, payment.to)) }
        if payment.state == .returned, trace.back == nil { missing.append((.returnMissing, payment.from)) }
        return missing
    }

    /// The violation by an entry that was missing when the account was read behind the record.
    package func absence(_ kind: PaymentsAudit.Kind, in account: Account) -> Violation<PaymentsAudit.Kind> {
        let found = "\(self.record.payment?.state.rawValue ?? "unknown") without it"
        return self.violation(kind, "an entry of \(account.id)", found)
    }
}
