/// Ids of operations that have to wait: 26 characters of Crockford's base 32, in order of time (a ULID).
enum OperationID {
    private static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// A new id: 48 bits of time and 80 random bits.
    static func make(at milliseconds: Int64) -> String {
        var random = SystemRandomNumberGenerator()
        let high = UInt64(truncatingIfNeeded: milliseconds) << 16 | random.next() & 0xFFFF
        var value = UInt128(high) << 64 | UInt128(random.next() as UInt64)
        var text: [UInt8] = []
        for _ in 0..<26 {
            text.append(Self.digits[Int(value & 31)])
            value >>= 5
        }
        return String(decoding: text.reversed(), as: UTF8.self)
    }

    static func isValid(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 26 && text.utf8.allSatisfy(Self.digits.contains)
    }
}
