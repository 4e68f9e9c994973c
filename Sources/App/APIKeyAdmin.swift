import Access
import Coordination
import JSON
import Redis
import Uniques
import Web

/// The API keys, for the people who hand them out.
package struct APIKeyAdmin: Sendable {
    /// A key that was made: to be shown once.
    package struct Made: Sendable {
        package let key: String
        package let id: String
        /// RFC 3339, or nil for never.
        package let expires: String?
    }

    private let configuration: AppConfiguration

    package init(_ configuration: AppConfiguration) {
        self.configuration = configuration
    }

    /// Every scope there is.
    package static var scopes: [String] { APIKeyOrder.allScopes }

    /// Makes a key; `life` is in seconds.
    package func create(name: String, scopes: [String], life: Double?) async throws -> Made {
        try await self.with { store throws(AccessError) in
            let order = try APIKeyOrder(name: name, scopes: scopes, life: life.map { .seconds($0) })
            return Self.made(try await store.create(order))
        }
    }

    /// Makes a key in the place of another, which goes on for so many seconds.
    package func rotate(_ id: String, overlap: Double, life: Double?) async throws -> Made {
        try Self.check(id)
        return try await self.with { store throws(AccessError) in
            Self.made(
                try await store.rotate(id, overlap: .seconds(overlap), life: life.map { .seconds($0) })
            )
        }
    }

    /// Ends a key in so many seconds; returns when, RFC 3339.
    package func revoke(_ id: String, after: Double) async throws -> String {
        try Self.check(id)
        return try await self.with { store throws(AccessError) in
            try await store.revoke(id, after: .seconds(after)).rfc3339
        }
    }

    /// All keys, oldest first, as a table or as JSON lines.
    package func list(isJSON: Bool) async throws -> [String] {
        let keys = try await self.with { store throws(AccessError) in try await store.list() }
        if isJSON { return keys.map(Self.json) }
        let rows = keys.map { key in
            [
                key.record.id, key.record.name, key.isValid ? "valid" : "ended", key.record.created.rfc3339,
                key.record.expires?.rfc3339 ?? "never", key.used?.rfc3339 ?? "never",
                key.record.scopes.sorted().joined(separator: ","),
            ]
        }
        return Self.table([["ID", "NAME", "STATE", "CREATED", "EXPIRES", "LAST USED", "SCOPES"]] + rows)
    }

    private static func json(_ key: KeyStore.Listed) -> String {
        let scopes = key.record.scopes.sorted().map { JSONText.quoted($0) }.joined(separator: ",")
        let times = [("expires_at", key.record.expires), ("last_used_at", key.used)].map { name, time in
            "\"\(name)\":\(time.map { JSONText.quoted($0.rfc3339) } ?? "null")"
        }
        return "{\"id\":\(JSONText.quoted(key.record.id)),\"name\":\(JSONText.quoted(key.record.name)),"
            + "\"state\":\"\(key.isValid ? "valid" : "ended")\",\"scopes\":[\(scopes)],"
            + "\"created_at\":\(JSONText.quoted(key.record.created.rfc3339)),\(times.joined(separator: ","))}"
    }

    private static func table(_ rows: [[String]]) -> [String] {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).enumerated().map { index, cell in
                index == row.count - 1
                    ? cell.0 : cell.0 + String(repeating: " ", count: max(0, cell.1 - cell.0.count))
            }.joined(separator: "  ")
        }
    }

    private static func made(_ answer: (key: APIKey, expires: ServerTime?)) -> Made {
        Made(key: answer.key.text, id: answer.key.id, expires: answer.expires?.rfc3339)
    }

    /// A whole key where an id belongs is a slip that must not reach a log.
    private static func check(_ id: String) throws(AccessError) {
        guard APIKey.isID(id) else { throw .unknown }
    }

    private func with<Answer: Sendable>(
        _ body: @Sendable @escaping (KeyStore) async throws(AccessError) -> Answer
    ) async throws -> Answer {
        try await CommandRedis.run(self.configuration) { redis in
            try await body(KeyStore(redis: redis, actor: AdminActor.current))
        }
    }
}
