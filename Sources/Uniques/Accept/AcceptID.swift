/// The id of a request: any integer of 64 bits, in decimal.
package enum AcceptID {
    /// The id that `text` spells: an optional `-` and 1 to 19 digits; `nil` for anything else.
    ///
    /// `-0` and leading zeros are spellings of the same integers and mean the same id.
    package static func parse(_ text: Substring) -> Int64? {
        var digits = text.utf8
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits = digits.dropFirst() }
        guard (1...19).contains(digits.count) else { return nil }
        var value: Int64 = 0
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let digit = Int64(byte - UInt8(ascii: "0"))
            // Built on the side of the sign, because the smallest integer has no positive twin.
            let (product, hasOverflowed) = value.multipliedReportingOverflow(by: 10)
            let (sum, hasOverflowedToo) =
                isNegative
                ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            if hasOverflowed || hasOverflowedToo { return nil }
            value = sum
        }
        return value
    }
}
