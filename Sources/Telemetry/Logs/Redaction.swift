/// Finds what must not be logged: values under telling names, passwords in URLs, keys in hexadecimal.
///
/// A safety net. The rule stays that nobody hands a secret to a logger.
package struct Redaction {
    /// The text in place of a secret.
    package static let mask = "***"

    private let source: [UInt8]
    /// Where the last run without blanks ends, and the last `@` in it, so that no run is searched twice.
    private var run: (end: Int, mark: Int?)?

    package init(_ source: [UInt8]) {
        self.source = source
    }

    /// Whether a metadata key of this name holds a secret, whatever its value.
    ///
    /// Endings count, so `redis_password` and `apiToken` are secret. Fencing and page tokens are not: they only
    /// look like it, and the first are what one wants to see in a log.
    package static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        guard !Self.openNames.contains(name) else { return false }
        return Self.secretEndings.contains { name.hasSuffix($0) }
    }

    /// The secret that starts here, as the range to replace by the mask.
    ///
    /// The range may start after `position`: the bytes between are fine to show. Must be asked in ascending order.
    package mutating func secret(at position: Int) -> Range<Int>? {
        switch self.source[position] {
        case UInt8(ascii: ":"): self.credentials(at: position)
        case UInt8(ascii: "0"): self.hexadecimalKey(at: position)
        default: nil
        }
    }

    /// `user:password` of `scheme://user:password@host`.
    ///
    /// With HTTP only what stands before the path counts. With other schemes, Redis above all, everything up to the
    /// last `@` does: a password with an unescaped slash is a mistake often made.
    private mutating func credentials(at position: Int) -> Range<Int>? {
        guard self.source[position...].starts(with: "://".utf8) else { return nil }
        let start = position + 3
        let mark = self.isHTTP(before: position) ? self.authorityMark(from: start) : self.lastMark(from: start)
        guard let mark, mark > start else { return nil }
        return start..<mark
    }

    private func isHTTP(before position: Int) -> Bool {
        let scheme = self.source[max(0, position - 5)..<position].map { $0 | 0x20 }
        return scheme.suffix(4).elementsEqual("http".utf8) || scheme.elementsEqual("https".utf8)
    }

    private func authorityMark(from start: Int) -> Int? {
        let rest = self.source[start...]
        let end = rest.firstIndex { "/?# \t\r\n\"".utf8.contains($0) } ?? rest.endIndex
        return rest[..<end].lastIndex(of: UInt8(ascii: "@"))
    }

    private mutating func lastMark(from start: Int) -> Int? {
        if let run = self.run, start < run.end { return run.mark }
        let rest = self.source[start...]
        let end = rest.firstIndex { " \t\r\n".utf8.contains($0) } ?? rest.endIndex
        let mark = rest[..<end].lastIndex(of: UInt8(ascii: "@"))
        self.run = (end, mark)
        return mark
    }

    /// `0x` and 64 or more hexadecimal digits: a private key, or a hash that looks like one.
    private func hexadecimalKey(at position: Int) -> Range<Int>? {
        let start = position + 2
        guard start + 64 <= self.source.count, self.source[position + 1] | 0x20 == UInt8(ascii: "x") else { return nil }
        let rest = self.source[start...]
        let end = rest.firstIndex { !Self.isHexadecimal($0) } ?? rest.endIndex
        return end - start >= 64 ? start..<end : nil
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        case UInt8(ascii: "A")...UInt8(ascii: "F"): true
        default: false
        }
    }

    private static let openNames: Set<String> = ["fencing_token", "page_token", "next_page_token"]
    private static let secretEndings = [
        "password", "passwd", "passphrase", "secret", "token", "authorization", "apikey", "api_key", "api-key",
        "privatekey", "private_key", "private-key", "credential", "credentials", "cookie",
    ]
}
