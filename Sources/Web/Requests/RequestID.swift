/// The name of one request in answers, logs and problems: `X-Request-Id`.
package enum RequestID {
    /// Whether a client's own id is taken: 1–64 of `[A-Za-z0-9._-]`.
    package static func isValid(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (1...64).contains(bytes.count) else { return false }
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                continue
            default: return false
            }
        }
        return true
    }
}

/// Makes request ids that no other instance makes: a random prefix of this generator and a count.
///
/// Not a secret and not unguessable: it only has to be different. One generator belongs to one event loop.
package struct RequestIDGenerator {
    private let prefix: String
    private var count: UInt32 = 0

    package init(using random: inout some RandomNumberGenerator) {
        self.prefix = Self.hexadecimal(UInt64.random(in: .min ... .max, using: &random), digits: 16)
    }

    /// A new id of 25 characters.
    package mutating func next() -> String {
        self.count &+= 1
        return self.prefix + "-" + Self.hexadecimal(UInt64(self.count), digits: 8)
    }

    private static func hexadecimal(_ value: UInt64, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: digits - text.utf8.count) + text
    }
}
