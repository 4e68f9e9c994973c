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

    /// As JSON: numbers and strings in turn, each with and without zeros at the end.
    package static func json(_ cents: Int64, variant: Int) -> String {
        let text = variant & 2 == 0 ? Self.shortestText(cents) : Self.text(cents)
        return variant & 1 == 0 ? text : "\"\(text)\""
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

    /// Reads an amount as people write it, with up to two places: `12`, `12.5`, `12.50`; nil for anything else.
    package static func readLoosely(_ text: String) -> Int64? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard let whole = parts.first, parts.count <= 2 else { return nil }
        let places = parts.count == 2 ? parts[1] : "00"
        guard (1...2).contains(places.utf8.count) else { return nil }
        return Self.read("\(whole).\(places)\(places.utf8.count == 1 ? "0" : "")")
    }
}
