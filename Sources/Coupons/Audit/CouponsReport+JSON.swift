import FoundationEssentials

/// The report for programs: one JSON object on one line, keys in order of the alphabet.
extension CouponsReport {
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

        struct Campaign: Encodable {
            let id: Int64
            let name, mode: String
            let quota, issued: Int64
            let distinctCodes: Int64?
            let holes, redeemed, voided, userLimit: Int64
            let users, perUserViolations, violations: Int

            init(_ line: Line) {
                (self.id, self.name, self.mode) = (line.id, line.name, line.mode.rawValue)
                (self.quota, self.issued, self.distinctCodes) = (line.quota, line.issued, line.distinctCodes)
                (self.holes, self.redeemed, self.voided) = (line.holes, line.redeemed, line.voided)
                (self.userLimit, self.users) = (line.userLimit, line.users)
                (self.perUserViolations, self.violations) = (line.usersOverLimit, line.violations)
            }
        }

        let clean: Bool
        let exitCode: Int32
        let total, incomplete: Int
        let issued, distinctCodes: Int64
        let campaigns: [Campaign]
        let elapsedSeconds: Double
        let violationsTotal: Int
        let violationsByKind: [String: Int]
        let violations: [Violation]
        let undecided: [Undecided]

        init(_ report: CouponsReport) {
            self.clean = report.isClean
            self.exitCode = report.exitCode
            (self.total, self.incomplete) = (report.campaigns, report.incomplete)
            (self.issued, self.distinctCodes) = (report.issued, report.distinctCodes)
            self.campaigns = report.lines.map(Campaign.init)
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
    }
}
