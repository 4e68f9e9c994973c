package import Ethereum

extension Wei {
    /// The amount in coins of 10^18 wei, exactly: `12.5`.
    package var coins: String {
        guard let (whole, rest) = self.divided(by: Wei(1_000_000_000_000_000_000)) else { return self.decimal }
        guard !rest.isZero else { return whole.decimal }
        let digits = String(repeating: "0", count: 18 - rest.decimal.utf8.count) + rest.decimal
        let end = digits.lastIndex { $0 != "0" } ?? digits.startIndex
        return "\(whole.decimal).\(digits[...end])"
    }
}
