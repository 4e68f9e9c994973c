import Nettle

/// The credential by which a client identifies itself: `tally_<id>_<secret>`.
///
/// Letters and digits in lower case without `i`, `l`, `o` and `u` (Crockford's base 32): 12 for the id, which is no
/// secret, and 52 for the secret, which has 256 random bits and is kept nowhere: Redis has its SHA-256.
package struct APIKey: Sendable {
    package static let prefix = "tally_"
    static let idLength = 12
    static let secretLength = 52
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    package let id: String
    private let secret: [UInt8]

    /// Makes a new one.
    package init(using generator: inout some RandomNumberGenerator) {
        self.id = String(decoding: Self.letters(Self.idLength, &generator), as: UTF8.self)
        self.secret = Self.letters(Self.secretLength, &generator)
    }

    /// Reads one; `nil` for what cannot be one.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        let head = Array(Self.prefix.utf8)
        guard bytes.count == head.count + Self.idLength + 1 + Self.secretLength, bytes.starts(with: head),
            bytes[head.count + Self.idLength] == UInt8(ascii: "_")
        else { return nil }
        let id = bytes[head.count..<head.count + Self.idLength]
        let secret = bytes[(head.count + Self.idLength + 1)...]
        guard id.allSatisfy(Self.isLetter), secret.allSatisfy(Self.isLetter) else { return nil }
        self.id = String(decoding: id, as: UTF8.self)
        self.secret = Array(secret)
    }

    /// Whether a text can be the id of a key.
    package static func isID(_ text: String) -> Bool {
        text.utf8.count == Self.idLength && text.utf8.allSatisfy(Self.isLetter)
    }

    /// To be shown once, to whom it is for.
    package var text: String { "\(Self.prefix)\(self.id)_\(String(decoding: self.secret, as: UTF8.self))" }

    /// The SHA-256 of its secret, the only trace of it in Redis.
    package var digest: [UInt8] { Nettle.sha256(self.secret) }

    private static func letters(_ count: Int, _ generator: inout some RandomNumberGenerator) -> [UInt8] {
        (0..<count).map { _ in Self.alphabet[Int.random(in: 0..<32, using: &generator)] }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "a")...UInt8(ascii: "z"):
            byte != UInt8(ascii: "i") && byte != UInt8(ascii: "l") && byte != UInt8(ascii: "o")
                && byte != UInt8(ascii: "u")
        default: false
        }
    }
}
