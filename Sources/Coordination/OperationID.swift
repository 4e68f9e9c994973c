import Synchronization

/// Ids of operations that have to wait: 26 characters of Crockford's base 32, in order of time (a ULID).
package enum OperationID {
    private static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    /// 48 random bits of this process; a count follows them.
    ///
    /// Not a secret: it only has to be different.
    private static let process = UInt64.random(in: 0..<1 << 48)
    private static let count = Atomic<UInt32>(0)

    /// A new id: 48 bits of time, 48 random bits of this process and its count.
    package static func make(at milliseconds: Int64) -> String {
        let count = Self.count.wrappingAdd(1, ordering: .relaxed).newValue
        let low = Self.process << 32 | UInt64(count)
        let high = UInt64(truncatingIfNeeded: milliseconds) << 16 | Self.process >> 32
        var value = UInt128(high) << 64 | UInt128(low)
        var text = [UInt8](repeating: 0, count: 26)
        for index in text.indices.reversed() {
            text[index] = Self.digits[Int(value & 31)]
            value >>= 5
        }
        return String(decoding: text, as: UTF8.self)
    }

    package static func isValid(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 26 && text.utf8.allSatisfy(Self.digits.contains)
    }
}
