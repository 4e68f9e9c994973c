import Ethereum
import FoundationEssentials

/// The report for programs: one JSON object on one line, keys in order of the alphabet, amounts in wei as text.
extension FaucetReport {
    package var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        // Only numbers that are not finite could fail, and there are none.
        guard let data = try? encoder.encode(Document(self)) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }

    private struct Document: Encodable {
        struct Violation: Encodable {
            let kind, key, expected, found: String
        }

        struct Undecided: Encodable {
            let key, reason: String
        }

        struct Sender: Encodable {
            let address: String
            let chainNonce: UInt64
            let nextNonce: UInt64?
            let balanceWei: String
            let open, delivered: Int
            let deliveredWei, feesWei: String
            let usedBefore: UInt64
            let balance: String
            let receivedWei: String?
            let skipped: String?
        }

        let clean: Bool
        let exitCode: Int32
        let era: Int64?
        let total, unfinished: Int
        let byState: [String: Int]
        let oldestUnfinishedSeconds: Double?
        let earlier, fillers, expired, delivered: Int
        let deliveredWei, feesWei: String
        let senders: [Sender]
        let elapsedSeconds: Double
        let violationsTotal: Int
        let violationsByKind: [String: Int]
        let violations: [Violation]
        let undecided: [Undecided]

        init(_ report: FaucetReport) {
            self.clean = report.isClean
            self.exitCode = report.exitCode
            self.era = report.era
            self.total = report.distributions
            self.unfinished = report.unfinished
            self.byState = Dictionary(report.states.map { ($0.key.rawValue, $0.value) }, uniquingKeysWith: +)
            self.oldestUnfinishedSeconds = report.oldest.map { $0 / .seconds(1) }
            self.earlier = report.earlier
            self.fillers = report.fillers
            self.expired = report.expired
            self.delivered = report.delivered
            self.deliveredWei = report.deliveredWei.decimal
            self.feesWei = report.feesWei.decimal
            self.senders = report.senders.map(Self.sender)
            self.elapsedSeconds = report.elapsed / .seconds(1)
            self.violationsTotal = report.violations.total
            self.violationsByKind = Dictionary(
                report.violations.counts.map { ($0.key.rawValue, $0.value) },
                uniquingKeysWith: +
            )
            self.violations = report.violations.first.map {
                Violation(kind: $0.kind.rawValue, key: $0.key, expected: $0.expected, found: $0.found)
            }
            self.undecided = report.undecided.map { Undecided(key: $0.key, reason: $0.reason) }
        }

        private static func sender(_ sender: FaucetReport.Sender) -> Sender {
            let (balance, received, skipped): (String, Wei?, String?) =
                switch sender.proof {
                case .proven(let received): ("proven", received, nil)
                case .violated: ("violated", nil, nil)
                case .skipped(let reason): ("skipped", nil, reason)
                }
            return Sender(
                address: sender.address.text,
                chainNonce: sender.chainNonce,
                nextNonce: sender.counter,
                balanceWei: sender.balance.decimal,
                open: sender.open,
                delivered: sender.delivered,
                deliveredWei: sender.deliveredWei.decimal,
                feesWei: sender.feesWei.decimal,
                usedBefore: sender.usedBefore,
                balance: balance,
                receivedWei: received?.decimal,
                skipped: skipped
            )
        }
    }
}
