import Coordination
import JSON
import Uniques
import Web

/// The reports that could not be delivered, for people.
package struct DeadLetters: Sendable {
    private static let pageLimit = 500

    private let configuration: AppConfiguration

    package init(_ configuration: AppConfiguration) {
        self.configuration = configuration
    }

    /// Prints one JSON object a report, oldest first.
    package func list(_ print: @Sendable @escaping (String) -> Void) async throws {
        try await self.walk { _, letter in
            let members = [
                ("id", letter.message.id), ("endpoint", letter.message.endpoint), ("body", letter.message.body),
                ("idempotency_key", letter.message.idempotencyKey), ("created", letter.message.created.rfc3339),
                ("reason", letter.reason),
            ]
            let body = members.map { "\(JSONText.quoted($0.0)):\(JSONText.quoted($0.1))" }.joined(separator: ",")
            print("{\(body)}")
            return true
        }
    }

    /// Puts reports back into the outbox; returns how many.
    package func replay(id: String?) async throws -> Int {
        try await CommandRedis.run(self.configuration) { redis in
            try await AdminActor.recorded("uniques.replay", id ?? "all", redis) {
                try await self.walk { outbox, letter in
                    guard id == nil || letter.message.id == id else { return false }
                    return try await outbox.replay(letter)
                }
            }
        }
    }

    /// Goes through all dead letters and counts those that `body` says yes to.
    @discardableResult
    private func walk(
        _ body: @Sendable @escaping (Outbox, Outbox.DeadLetter) async throws -> Bool
    ) async throws -> Int {
        try await CommandRedis.run(self.configuration) { redis in
            let outbox = Outbox(key: UniquesKeys.outbox, deadKey: UniquesKeys.dead, redis: redis)
            var count = 0
            var position = Outbox.Position()
            while true {
                let letters = try await outbox.deadLetters(after: position, limit: Self.pageLimit)
                for letter in letters where try await body(outbox, letter) { count += 1 }
                if letters.isEmpty { return count }
                for letter in letters { position.pass(letter.message) }
            }
        }
    }
}
