/// A payment's name, `s07-` and 26 characters of Crockford's base 32, in 32 bytes.
package struct PaymentULID: Hashable, Sendable, CustomStringConvertible {
    private static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    /// The value of each ASCII character; 255 for those that are no digits.
    private static let values: [UInt8] = (0..<128).map { byte in
        Self.digits.firstIndex(of: UInt8(byte)).map { UInt8($0) } ?? 255
    }

    private let ulid: UInt128
    private let shard: UInt8
    /// 0, or n for the suffix `Rn` of a reversal.
    private let reversal: UInt8

    /// Reads the only spelling that a payment has; nil for anything else.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 30, bytes[0] == UInt8(ascii: "s"), bytes[3] == UInt8(ascii: "-"),
            let shard = Self.number(bytes[1...2])
        else { return nil }
        var ulid: UInt128 = 0
        for byte in bytes[4..<30] {
            let value = byte < 128 ? Self.values[Int(byte)] : 255
            guard value < 32, ulid >> 123 == 0 else { return nil }
            ulid = ulid << 5 | UInt128(value)
        }
        (self.shard, self.ulid) = (shard, ulid)
        guard bytes.count > 30 else {
            self.reversal = 0
            return
        }
        guard bytes[30] == UInt8(ascii: "R"), (32...33).contains(bytes.count), bytes[31] != UInt8(ascii: "0"),
            let reversal = Self.number(bytes[31...])
        else { return nil }
        self.reversal = reversal
    }

    package var description: String {
        var digits: [UInt8] = []
        for place in (0..<26).reversed() { digits.append(Self.digits[Int(self.ulid >> UInt128(5 * place) & 31)]) }
        let shard = self.shard < 10 ? "0\(self.shard)" : "\(self.shard)"
        return "s\(shard)-\(String(decoding: digits, as: UTF8.self))\(self.reversal == 0 ? "" : "R\(self.reversal)")"
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt8? {
        var value: UInt8 = 0
        for byte in bytes {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + (byte - UInt8(ascii: "0"))
        }
        return value
    }
}
