import Nettle

/// A secret that makes codes, and the version that stands in each of them.
package struct CodeKey: Sendable {
    /// Version 0 is the one that is made in Redis when no file is configured; 1 to 8 come from files.
    package static let versions = 0...8
    package static let byteCount = 32

    package let version: Int
    let bytes: [UInt8]
    let cipher: CodeCipher
    /// Names the key without telling it: SHA-256 of it, cut to 64 bits, in hexadecimal.
    package let fingerprint: String

    /// `nil` for another number of bytes or another version than there can be.
    package init?(version: Int, bytes: [UInt8]) {
        guard Self.versions.contains(version), bytes.count == Self.byteCount, let cipher = CodeCipher(key: bytes) else {
            return nil
        }
        self.version = version
        self.bytes = bytes
        self.cipher = cipher
        let hash = Nettle.sha256(Array("tally coupon code key\n".utf8) + bytes)
        self.fingerprint = Nettle.hexadecimal(hash.prefix(8))
    }

    /// Reads 64 hexadecimal digits; blanks around them do not count.
    package init?(version: Int, text: String) {
        let digits = text.split(whereSeparator: \.isWhitespace)
        guard digits.count == 1, let bytes = Self.bytes(digits[0]) else { return nil }
        self.init(version: version, bytes: bytes)
    }

    /// A new one.
    static func random(version: Int) -> CodeKey? {
        var random = SystemRandomNumberGenerator()
        return CodeKey(version: version, bytes: (0..<Self.byteCount).map { _ in random.next() })
    }

    /// As a campaign's record names it.
    package var name: String { "\(self.version):\(self.fingerprint)" }

    var text: String { Nettle.hexadecimal(self.bytes) }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        let digits = text.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == 2 * Self.byteCount, !digits.contains(nil) else { return nil }
        let values = digits.compactMap(\.self)
        return stride(from: 0, to: values.count - 1, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
    }
}

extension CodeKey: Equatable {
    package static func == (one: CodeKey, other: CodeKey) -> Bool {
        one.version == other.version && one.bytes == other.bytes
    }
}
