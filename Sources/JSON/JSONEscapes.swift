/// Escapes of JSON's texts, for readers that do not understand all of them.
package enum JSONEscapes {
    /// The same JSON with each pair of surrogates, as in `\ud842\udfb7`, written as the character that it stands for.
    ///
    /// SwiftProtobuf 1.39 reads such a pair of an even plane as a character of the plane below. `bytes` must be JSON
    /// that ``JSONParser`` takes: it has no lone surrogates, and backslashes only in texts. Costs one look at each
    /// byte, and a copy when there is such a pair.
    package static func withoutPairs(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var copied = 0
        var position = 0
        while let escape = bytes[position...].firstIndex(of: UInt8(ascii: "\\")) {
            guard let scalar = self.pair(bytes, at: escape) else {
                position = min(escape + 2, bytes.count)
                continue
            }
            result += bytes[copied..<escape]
            result += String(scalar).utf8
            position = escape + 12
            copied = position
        }
        return copied == 0 ? bytes : result + bytes[copied...]
    }

    /// The character of the two escapes that begin here; `nil` when something else does.
    private static func pair(_ bytes: [UInt8], at start: Int) -> Unicode.Scalar? {
        guard let high = self.unit(bytes, at: start), (0xD800...0xDBFF).contains(high),
            let low = self.unit(bytes, at: start + 6), (0xDC00...0xDFFF).contains(low)
        else { return nil }
        return Unicode.Scalar(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    }

    /// The number of a `\u` escape.
    private static func unit(_ bytes: [UInt8], at start: Int) -> UInt32? {
        guard start + 6 <= bytes.count, bytes[start] == UInt8(ascii: "\\"), bytes[start + 1] == UInt8(ascii: "u") else {
            return nil
        }
        return UInt32(String(decoding: bytes[start + 2..<start + 6], as: UTF8.self), radix: 16)
    }
}
