package import Evidence
package import Ledger
import Redis

extension PaymentsAudit {
    /// A payment that workers gave up on.
    package struct Letter: Hashable, Encodable, Sendable {
        package let payment: String
        package let reason: String
    }

    /// The findings of an audit of payments, with those of the ledger below them.
    package struct Report: EvidenceReport {
        /// How many dead letters are named.
        package static let letterLimit = 100

        package var ledger = LedgerAudit.Report()
        package var states: [Payment.State: Int] = [:]
        /// How long ago the oldest payment was made that has not ended; `nil` when all have.
        package var oldest: Duration?
        package var dead = 0
        /// The first of the dead letters.
        package var letters: [Letter] = []
        /// Payments that have ended, and whose leftovers a sweeper will look for.
        package var unswept = 0
        package var violations = Violations<PaymentsAudit.Kind>()
        package var undecided: [Undecided] = []
        /// Without the ledger's part.
        package var elapsed = Duration.zero

        package init() {}

        package var payments: Int { self.states.values.reduce(0, +) }

        /// Payments that have not ended, dead letters among them.
        package var unfinished: Int { self.states.filter { !$0.key.isTerminal }.values.reduce(0, +) }

        package var verdict: Verdict { self.ownVerdict.and(self.ledger.verdict) }

        package var document: Figures {
            let parts: Figures = ["ledger": self.ledger.document, "payments": self.members]
            return Self.heading(self.verdict).adding(parts)
        }

        package var figures: Figures {
            let states = Dictionary(uniqueKeysWithValues: self.states.map { ($0.key.rawValue, $0.value) })
            return [
                "total": self.payments, "unfinished": self.unfinished, "by_state": states,
                "oldest_unfinished_seconds": self.oldest.map { $0 / .seconds(1) }, "dead": self.dead,
                "unswept": self.unswept, "dead_letters": self.letters,
            ]
        }

        /// The ledger's report, and below it what was counted of payments.
        package var summary: [String] {
            var summary = [self.ledger.text, "", "payments   \(self.payments)"]
            for state in Payment.State.allCases {
                guard let count = self.states[state] else { continue }
                summary.append("           \(count) \(state.rawValue)")
            }
            if let oldest = self.oldest {
                summary.append("unfinished \(self.unfinished), the oldest made \(FigureText.seconds(oldest)) s ago")
            }
            if self.unswept > 0 { summary.append("unswept    \(self.unswept)") }
            if self.dead > 0 { summary.append("dead       \(self.dead)") }
            summary += self.letters.map { "           \($0.payment): \(LoggedText.printable($0.reason, limit: 200))" }
            return summary + ["took       \(FigureText.seconds(self.elapsed)) s"]
        }

        package var cleanSentence: String {
            "every payment moved its amount once or not at all, and nothing is left behind"
        }

        package var undecidedSentence: String {
            "no violation found, but what is on its way could not be had at one instant"
        }
    }
}
