import Coordination
import Evidence
import JSON
import Redis
import Uniques

/// The log of operators' actions, for people.
package struct AdminRecord: Sendable {
    private static let page = 500

    private let configuration: AppConfiguration

    package init(_ configuration: AppConfiguration) {
        self.configuration = configuration
    }

    /// Prints the newest entries as JSON lines, oldest first.
    package func newest(_ count: Int, _ print: @Sendable @escaping (String) -> Void) async throws {
        try await CommandRedis.run(self.configuration) { redis in
            for entry in try await AdminLog(redis: redis).newest(count) { print(Self.json(entry)) }
        }
    }

    /// Checks that no entry is missing or was changed.
    static func audit(_ redis: RedisNode) async throws(RedisError) -> AuditOutcome {
        let report = try await Self.check(AdminLog(redis: redis))
        let verdict = Verdict(violations: report.violations.count, undecided: 0)
        let word = verdict == .clean ? "right" : "violated"
        let violations = report.violations.map { JSONText.quoted($0) }.joined(separator: ",")
        return AuditOutcome(
            json: "{\"entries\":\(report.entries),\"verdict\":\"\(word)\",\"violations\":[\(violations)]}",
            text: (["admin log: \(report.entries) entries, \(word)"] + report.violations).joined(separator: "\n"),
            verdict: verdict
        )
    }

    private static func check(_ log: AdminLog) async throws(RedisError) -> (entries: Int, violations: [String]) {
        // Entries that are written meanwhile are behind the head that was read first.
        let head = try await log.head()
        var last: (number: Int64, hash: String) = (0, "start")
        var violations: [String] = []
        var count = 0
        reading: while true {
            let entries = try await log.entries(after: last.number, limit: Self.page)
            if entries.isEmpty { break }
            for entry in entries {
                if entry.number > head.number { break reading }
                count += 1
                if entry.number != last.number + 1 {
                    violations.append("entries \(last.number + 1) to \(entry.number - 1) are missing")
                } else if entry.hash(behind: last.hash) != entry.hash {
                    violations.append("entry \(entry.number) is not what was written")
                }
                last = (entry.number, entry.hash)
            }
        }
        if head.number < 0 {
            violations.append("the head of the log is not what was written")
        } else if last.number != head.number || last.hash != head.hash {
            violations.append("the log ends with entry \(last.number), its head says \(head.number)")
        }
        return (count, violations)
    }

    private static func json(_ entry: AdminEntry) -> String {
        var members = ["\"number\":\(entry.number)", "\"at\":\(JSONText.quoted(entry.time.rfc3339))"]
        for field in entry.fields where field.name != "at" {
            members.append("\(JSONText.quoted(field.name)):\(JSONText.quoted(field.value))")
        }
        return "{\(members.joined(separator: ","))}"
    }
}
