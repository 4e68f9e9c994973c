import FoundationEssentials

/// The report for programs: one JSON object on one line, keys in order of the alphabet, money in minor units.
extension AuditReport: Encodable {
    package var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        // Only numbers that are not finite could fail, and there are none.
        guard let data = try? encoder.encode(self) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }

    package func encode(to encoder: any Encoder) throws {
        try Document(self).encode(to: encoder)
    }

    private struct Document: Encodable {
        struct World: Encodable {
            let shard, currency: String
            let accounts: Int
            let balance, transit: Int64?
        }

        struct Violation: Encodable {
            let kind, key: String
            let sequence: Int64?
            let expected, found: String
        }

        struct Undecided: Encodable {
            let key, reason: String
        }

        struct Memory: Encodable {
            let bytesPerEntry: Double?
            let longAccounts: Int
            let bytesPerNewAccount: Double?
            let newAccounts: Int
        }

        let clean: Bool
        let exitCode: Int32
        let keys, accounts, entries, shards: Int
        let elapsedSeconds: Double
        let worlds: [World]
        let violationsTotal: Int
        let violationsByKind: [String: Int]
        let violations: [Violation]
        let undecided: [Undecided]
        let memory: Memory

        init(_ report: AuditReport) {
            self.clean = report.isClean
            self.exitCode = report.exitCode
            self.keys = report.keys
            self.accounts = report.accounts
            self.entries = report.entries
            self.shards = report.shards
            self.elapsedSeconds = report.elapsed / .seconds(1)
            self.worlds = report.worlds.map {
                World(
                    shard: $0.shard,
                    currency: $0.currency,
                    accounts: $0.accounts,
                    balance: $0.balance,
                    transit: $0.transit
                )
            }
            self.violationsTotal = report.violations.total
            self.violationsByKind = Dictionary(
                report.violations.counts.map { ($0.key.rawValue, $0.value) },
                uniquingKeysWith: +
            )
            self.violations = report.violations.first.map {
                Violation(
                    kind: $0.kind.rawValue,
                    key: $0.key,
                    sequence: $0.sequence,
                    expected: $0.expected,
                    found: $0.found
                )
            }
            self.undecided = report.undecided.map { Undecided(key: $0.key, reason: $0.reason) }
            self.memory = Memory(
                bytesPerEntry: report.memory.bytesPerEntry,
                longAccounts: report.memory.longAccounts,
                bytesPerNewAccount: report.memory.bytesPerNewAccount,
                newAccounts: report.memory.newAccounts
            )
        }
    }
}
