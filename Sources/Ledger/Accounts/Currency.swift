/// A currency of ISO 4217, as far as amounts need it.
package struct Currency: Hashable, Sendable {
    /// Three capital letters.
    package let code: String
    /// Decimal places: a minor unit is 10 to the power of minus this.
    package let exponent: Int

    /// `nil` when the code is not three capital letters.
    package init?(code: String) {
        guard code.utf8.count == 3, code.utf8.allSatisfy({ (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) })
        else {
            return nil
        }
        self.init(code, exponent: Self.exponents[code] ?? 2)
    }

    private init(_ code: String, exponent: Int) {
        self.code = code
        self.exponent = exponent
    }

    package static let usd = Currency("USD", exponent: 2)

    /// The currencies of ISO 4217 (list one, 2024) that have not two decimal places.
    private static let exponents = [
        "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
        "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0, "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3,
        "TND": 3,
    ]

    /// An amount for people: `$12.50`, `EUR 12.50`.
    package func display(_ money: Money) -> String {
        let text = money.text(self)
        return self.code == "USD" ? "$\(text)" : "\(self.code) \(text)"
    }
}
