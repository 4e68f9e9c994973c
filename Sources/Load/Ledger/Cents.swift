/// Money as the service writes it, with two decimal places, and as exact cents.
package enum Cents {
    /// With both places: `12.50`.
    package static func text(_ cents: Int64) -> String {
        let (whole, rest) = cents.magnitude.quotientAndRemainder(dividingBy: 100)
        return "\(cents < 0 ? "-" : "")\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }

    /// Without zeros at the end: `12.5`, `500`.
    package static func shortestText(_ cents: Int64) -> String {
        var text = Self.text(cents)
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }

    /// Reads exactly what ``text(_:)`` writes; nil for anything else.
    package static func read(_ text: String) -> Int64? {
        var cents: Int64 = 0
        for byte in text.utf8 where byte != UInt8(ascii: "-") && byte != UInt8(ascii: ".") {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (product, isTooLarge) = cents.multipliedReportingOverflow(by: 10)
            let (sum, isOver) = product.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            guard !isTooLarge, !isOver else { return nil }
            cents = sum
        }
        if text.hasPrefix("-") { cents = -cents }
        // One amount has one spelling, so what was misread here comes out as another text.
        return Self.text(cents) == text ? cents : nil
    }
}
