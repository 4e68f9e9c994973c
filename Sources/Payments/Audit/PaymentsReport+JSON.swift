import FoundationEssentials
import Ledger

/// The report for programs: one JSON object on one line, keys in order of the alphabet, money in minor units.
extension PaymentsReport {
    package var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        // Only numbers that are not finite could fail, and there are none.
        guard let data = try? encoder.encode(Document(self)) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }

    private struct Document: Encodable {
        struct Letter: Encodable {
            let payment, reason: String
        }

        struct Violation: Encodable {
            let kind, key, expected, found: String
        }

        struct Undecided: Encodable {
            let key, reason: String
        }

        struct Payments: Encodable {
            let total, unfinished: Int
            let byState: [String: Int]
            let oldestUnfinishedSeconds: Double?
            let dead, unswept: Int
            let deadLetters: [Letter]
            let elapsedSeconds: Double
            let violationsTotal: Int
            let violationsByKind: [String: Int]
            let violations: [Violation]
            let undecided: [Undecided]
        }

        let clean: Bool
        let exitCode: Int32
        let ledger: AuditReport
        let payments: Payments

        init(_ report: PaymentsReport) {
            self.clean = report.isClean
            self.exitCode = report.exitCode
            self.ledger = report.ledger
            self.payments = Payments(
                total: report.payments,
                unfinished: report.unfinished,
                byState: Dictionary(report.states.map { ($0.key.rawValue, $0.value) }, uniquingKeysWith: +),
                oldestUnfinishedSeconds: report.oldest.map { $0 / .seconds(1) },
                dead: report.dead,
                unswept: report.unswept,
                deadLetters: report.letters.map { Letter(payment: $0.payment, reason: $0.reason) },
                elapsedSeconds: report.elapsed / .seconds(1),
                violationsTotal: report.violations.total,
                violationsByKind: Dictionary(
                    report.violations.counts.map { ($0.key.rawValue, $0.value) },
                    uniquingKeysWith: +
                ),
                violations: report.violations.first.map {
                    Violation(kind: $0.kind.rawValue, key: $0.key, expected: $0.expected, found: $0.found)
                },
                undecided: report.undecided.map { Undecided(key: $0.key, reason: $0.reason) }
            )
        }
    }
}
