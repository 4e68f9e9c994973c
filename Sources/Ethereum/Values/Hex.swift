/// Bytes as Ethereum writes them: `0x` and two hexadecimal digits each.
package enum Hex {
    /// `0x` and the bytes in lower case: `0x` alone for none.
    package static func text(_ bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = [UInt8(ascii: "0"), UInt8(ascii: "x")]
        text.reserveCapacity(2 + 2 * bytes.count)
        for byte in bytes {
            text.append(Self.digit(byte >> 4))
            text.append(Self.digit(byte & 0xF))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes that `0x` and an even number of digits stand for, or `nil` for any other text.
    package static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        guard let digits = Self.digits(text), digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// The values of the digits after `0x`, or `nil` if there is anything else.
    static func digits(_ text: some StringProtocol) -> [UInt8]? {
        // A `String` of its own costs nothing for one, and the loop over it is ten times as quick.
        let characters = String(text).utf8
        guard characters.starts(with: "0x".utf8) else { return nil }
        var digits: [UInt8] = []
        digits.reserveCapacity(characters.count - 2)
        for character in characters.dropFirst(2) {
            guard let value = Self.value(of: character) else { return nil }
            digits.append(value)
        }
        return digits
    }

    /// The value of an ASCII digit.
    static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
