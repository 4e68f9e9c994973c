private import BigInt

/// An amount in wei, the smallest unit of the coin: a whole number of at most 256 bits.
///
/// Nothing wraps around: a result beyond 256 bits is `nil`.
package struct Wei: Hashable, Sendable {
    package static let zero = Wei(0)

    private let amount: BigUInt

    package init(_ amount: UInt64) {
        self.amount = BigUInt(amount)
    }

    private init?(bounded amount: BigUInt) {
        guard amount.bitWidth <= 256 else { return nil }
        self.amount = amount
    }

    /// Takes decimal digits without a sign, and without zeros before the first one.
    package init?(decimal: some StringProtocol) {
        let digits = decimal.utf8
        // 2²⁵⁶ has 78 digits.
        guard (1...78).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
            digits.count == 1 || digits.first != 0x30,
            let amount = BigUInt(String(decimal), radix: 10)
        else { return nil }
        self.init(bounded: amount)
    }

    /// Takes `0x` and 1 to 64 hexadecimal digits: a quantity of JSON-RPC, or a word of 32 bytes.
    package init?(hex: some StringProtocol) {
        guard let digits = Hex.digits(hex), (1...64).contains(digits.count) else { return nil }
        let even = digits.count.isMultiple(of: 2) ? digits : [0] + digits
        self.init(bytes: stride(from: 0, to: even.count, by: 2).map { even[$0] << 4 | even[$0 + 1] })
    }

    /// Takes at most 32 bytes, the most significant one first.
    package init?(bytes: [UInt8]) {
        guard bytes.count <= 32 else { return nil }
        var words = [UInt](repeating: 0, count: 4)
        for (place, byte) in bytes.reversed().enumerated() {
            words[place / 8] |= UInt(byte) << (8 * (place % 8))
        }
        self.amount = BigUInt(words: words)
    }

    package var decimal: String { String(self.amount, radix: 10) }

    /// The form of JSON-RPC: `0x` and hexadecimal digits without zeros before the first one; `0x0` for nothing.
    package var quantity: String { "0x" + String(self.amount, radix: 16) }

    /// The number's bytes, the most significant one first, and without zeros before it: none for nothing.
    package var bytes: [UInt8] {
        let words = Array(self.amount.words)
        let bytes = words.reversed().flatMap { word in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt($0)) }
        }
        return [UInt8](bytes.drop { $0 == 0 })
    }

    /// The same number, when 64 bits are enough for it.
    package var exact: UInt64? { UInt64(exactly: self.amount) }

    package var isZero: Bool { self.amount.isZero }
}

extension Wei {
    /// `nil` when the sum has more than 256 bits.
    package func adding(_ other: Wei) -> Wei? { Wei(bounded: self.amount + other.amount) }

    /// `nil` when the other one is more.
    package func subtracting(_ other: Wei) -> Wei? {
        self < other ? nil : Wei(bounded: self.amount - other.amount)
    }

    /// `nil` when the product has more than 256 bits.
    package func multiplied(by other: Wei) -> Wei? { Wei(bounded: self.amount * other.amount) }

    /// `nil` when the product has more than 256 bits.
    package func multiplied(by factor: UInt64) -> Wei? { self.multiplied(by: Wei(factor)) }

    /// How often the other one fits, and what is left: `nil` for a division by nothing.
    package func divided(by other: Wei) -> (quotient: Wei, remainder: Wei)? {
        guard !other.isZero else { return nil }
        let (quotient, remainder) = self.amount.quotientAndRemainder(dividingBy: other.amount)
        guard let quotient = Wei(bounded: quotient), let remainder = Wei(bounded: remainder) else { return nil }
        return (quotient, remainder)
    }

    /// How often the divisor fits: `nil` for a division by nothing.
    package func divided(by divisor: UInt64) -> Wei? { self.divided(by: Wei(divisor))?.quotient }
}

extension Wei: Comparable {
    package static func < (left: Wei, right: Wei) -> Bool { left.amount < right.amount }
}

extension Wei: CustomStringConvertible {
    package var description: String { self.decimal }
}
