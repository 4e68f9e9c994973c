package import Ledger

/// What an audit of payments found, with that of the ledger below them.
package struct PaymentsReport: Sendable {
    /// How many dead letters are named.
    package static let letterLimit = 100

    /// A payment that workers gave up on.
    package struct Letter: Hashable, Sendable {
        package let payment: String
        package let reason: String
    }

    package var ledger = AuditReport()
    package var states: [Payment.State: Int] = [:]
    /// How long ago the oldest payment was made that has not ended; `nil` when all have.
    package var oldest: Duration?
    package var dead = 0
    /// The first of the dead letters.
    package var letters: [Letter] = []
    /// Payments that have ended, and whose leftovers a sweeper will look for.
    package var unswept = 0
    package var violations = PaymentViolations()
    package var undecided: [AuditReport.Undecided] = []
    /// Without the ledger's part.
    package var elapsed = Duration.zero

    package init() {}

    package var payments: Int { self.states.values.reduce(0, +) }

    /// Payments that have not ended, dead letters among them.
    package var unfinished: Int { self.states.filter { !$0.key.isTerminal }.values.reduce(0, +) }

    package var isClean: Bool {
        self.violations.total == 0 && self.undecided.isEmpty && self.ledger.isClean
    }

    /// 0 clean, 1 violations, 3 undecided; an audit that could not read has no report, and 2.
    package var exitCode: Int32 {
        if self.violations.total > 0 || self.ledger.exitCode == 1 { return 1 }
        return self.undecided.isEmpty ? self.ledger.exitCode : 3
    }
}
