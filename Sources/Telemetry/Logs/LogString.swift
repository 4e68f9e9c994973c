/// The inside of a JSON string, made safe for terminals and cut to a length.
package enum LogString {
    /// Appends a text, escaped, without what looks like a secret, of at most `limit` scalars.
    ///
    /// Escaped beyond what JSON asks: DEL and the C1 controls (some terminals act on them), the line and paragraph
    /// separators (some readers break lines there), and the marks that turn the direction of writing (they let one
    /// text pose as another). One pass over the text, which ends at the limit.
    package static func append(_ text: String, limit: Int, to bytes: inout [UInt8]) {
        let source = Array(text.utf8)
        var redaction = Redaction(source)
        var position = 0
        var written = 0
        while position < source.count {
            let next = position + Self.length(of: source[position])
            if written + 1 >= limit && next < source.count {
                bytes.append(contentsOf: "…".utf8)
                return
            }
            if let secret = redaction.secret(at: position) {
                bytes.append(contentsOf: source[position..<secret.lowerBound])
                bytes.append(contentsOf: Redaction.mask.utf8)
                written += secret.lowerBound - position + Redaction.mask.utf8.count
                position = secret.upperBound
                continue
            }
            Self.appendScalar(source[position..<min(next, source.count)], to: &bytes)
            written += 1
            position = next
        }
    }

    /// Bytes of the scalar that starts with this byte.
    ///
    /// A `String` holds valid UTF-8 only, so there is no stray continuation byte.
    private static func length(of lead: UInt8) -> Int {
        switch lead {
        case ..<0x80: 1
        case ..<0xE0: 2
        case ..<0xF0: 3
        default: 4
        }
    }

    private static func appendScalar(_ scalar: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        let value = Self.value(of: scalar)
        switch value {
        case 0x22: bytes.append(contentsOf: #"\""#.utf8)
        case 0x5C: bytes.append(contentsOf: #"\\"#.utf8)
        case 0x0A: bytes.append(contentsOf: #"\n"#.utf8)
        case 0x0D: bytes.append(contentsOf: #"\r"#.utf8)
        case 0x09: bytes.append(contentsOf: #"\t"#.utf8)
        case ..<0x20, 0x7F...0x9F, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
            bytes.append(contentsOf: #"\u"#.utf8)
            for shift in [12, 8, 4, 0] { bytes.append(Self.digits[(value >> shift) & 15]) }
        default: bytes.append(contentsOf: scalar)
        }
    }

    /// The code point, as far as this file compares it: scalars beyond U+FFFF come out above 0xFFFF.
    private static func value(of scalar: ArraySlice<UInt8>) -> Int {
        var value = 0
        for (index, byte) in scalar.enumerated() {
            let mask: UInt8 = index > 0 ? 0x3F : [0x7F, 0x1F, 0x0F, 0x07][scalar.count - 1]
            value = value << 6 | Int(byte & mask)
        }
        return value
    }

    private static let digits = Array("0123456789abcdef".utf8)
}
