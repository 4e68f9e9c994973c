/// The name of a user: 1–64 of `A–Z a–z 0–9 _ -`, so that it can stand in a key, a path and a log as it is.
package struct UserID: Hashable, Sendable {
    package let text: String

    /// Reads a raw path segment; `nil` when it is anything else.
    ///
    /// Nothing is percent-decoded: one user has one spelling.
    package init?(_ text: some StringProtocol) {
        guard (1...64).contains(text.utf8.count), text.utf8.allSatisfy(Self.isAllowed) else { return nil }
        self.text = String(text)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
