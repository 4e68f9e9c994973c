package import Coordination

/// The record of an API key: all but its secret.
package struct APIKeyRecord: Hashable, Sendable {
    package let id: String
    /// The owner's name: the scope of idempotency keys, so that two keys with one name are one caller's.
    package let name: String
    package let scopes: Set<String>
    package let created: ServerTime
    /// `nil` for never.
    package let expires: ServerTime?
    private let digest: [UInt8]

    /// Reads a record as the scripts write it; `nil` for anything else.
    package init?(id: String, record: String) {
        let words = record.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 5, let digest = Self.bytes(words[0]), digest.count == 32, let created = Int64(words[1]),
            let expires = Int64(words[2]), !words[3].isEmpty
        else { return nil }
        self.id = id
        self.digest = digest
        self.created = ServerTime(milliseconds: created)
        self.expires = expires == 0 ? nil : ServerTime(milliseconds: expires)
        self.name = String(words[3])
        self.scopes = Set(words[4].split(separator: ",").map(String.init))
    }

    package func isValid(at now: ServerTime) -> Bool { self.expires.map { now < $0 } ?? true }

    /// Whether this is the key; takes as long for a wrong secret.
    package func isOf(_ key: APIKey) -> Bool {
        zip(key.digest, self.digest).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func bytes(_ hex: some StringProtocol) -> [UInt8]? {
        let digits = hex.utf8.map { byte -> UInt8? in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
            default: nil
            }
        }
        guard digits.count.isMultiple(of: 2), !digits.contains(nil) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { index in
            (digits[index] ?? 0) << 4 | (digits[index + 1] ?? 0)
        }
    }
}
