/// An exact amount in minor units.
///
/// Never made from or turned into a floating-point number.
package struct Money: Hashable, Sendable {
    package let minorUnits: Int64

    /// The most that one change may move: 10^13 minor units.
    package static let largestAmount = Money(minorUnits: 10_000_000_000_000)
    /// The most that a balance may be, and the least with a minus: 2^53 - 1, because Redis's Lua counts in doubles.
    package static let largestBalance = Money(minorUnits: 9_007_199_254_740_991)

    package init(minorUnits: Int64) {
        self.minorUnits = minorUnits
    }

    /// Why a text is not an amount.
    package enum Failure: Error, Hashable, Sendable {
        /// Not plain digits with at most the currency's decimal places, or not above zero.
        case invalid
        /// More than ``largestAmount``.
        case outOfRange
    }

    /// Reads the text of a positive amount, exactly: digits, and after a point at most the currency's places.
    ///
    /// No sign, no exponent, no space, no leading zero but the one before the point.
    package init(amount text: String, _ currency: Currency) throws(Failure) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        let whole = parts[0]
        let fraction = parts.count > 1 ? parts[1] : whole[whole.endIndex...]
        guard Self.isDigits(whole), whole.count == 1 || whole.first != UInt8(ascii: "0"),
            parts.count == 1 || Self.isDigits(fraction) && fraction.count <= currency.exponent
        else { throw .invalid }
        // 10^13 has 14 digits; more are too much whatever they are.
        guard whole.count <= 14 else { throw .outOfRange }
        var units: Int64 = 0
        for byte in whole { units = units * 10 + Int64(byte - UInt8(ascii: "0")) }
        for byte in fraction { units = units * 10 + Int64(byte - UInt8(ascii: "0")) }
        for _ in fraction.count..<currency.exponent { units *= 10 }
        guard units > 0 else { throw .invalid }
        guard units <= Self.largestAmount.minorUnits else { throw .outOfRange }
        self.init(minorUnits: units)
    }

    private static func isDigits(_ text: Substring.UTF8View) -> Bool {
        !text.isEmpty && text.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// The amount with all of the currency's places: `12.50`, `-0.05`.
    package func text(_ currency: Currency) -> String {
        let digits = String(self.minorUnits.magnitude)
        let sign = self.minorUnits < 0 ? "-" : ""
        guard currency.exponent > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(currency.exponent + 1 - digits.utf8.count, 0)) + digits
        let split = padded.index(padded.endIndex, offsetBy: -currency.exponent)
        return "\(sign)\(padded[..<split]).\(padded[split...])"
    }
}
