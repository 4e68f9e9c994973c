package import Ethereum

/// The least that a node takes for a unit of gas, as it named it when it refused a transaction.
package struct FeeFloor: Hashable, Sendable {
    package enum Part: Hashable, Sendable {
        /// The part that is left for the block's maker.
        case tip
        /// Everything.
        case price
    }

    package let part: Part
    /// In wei.
    package let amount: Wei

    package init(_ part: Part, _ amount: Wei) {
        self.part = part
        self.amount = amount
    }

    /// Reads a node's words; `nil` when they name no amount.
    package init?(_ refusal: RPCRefusal) {
        guard let floor = Self.read(refusal.text) ?? Self.read(refusal.detail) else { return nil }
        self = floor
    }

    /// The phrases that stand right before the amount, the surest first.
    private static let phrases = [
        "minimum needed", "tip needed", "minimum gas tip cap", "minimum gas price", "basefeepergas of", "basefee:",
        "base fee of", "minimum of", "minimum", "at least", "needed", "required",
    ].map { Array($0.utf8) }
    /// The most bytes between a phrase and its amount: anything longer is about something else.
    private static let gap = 12

    private static func read(_ text: String) -> FeeFloor? {
        let words = Array(text.lowercased().utf8)
        for phrase in self.phrases {
            guard let found = words.firstRange(of: phrase) else { continue }
            let rest = words[found.upperBound...]
            guard let start = rest.firstIndex(where: Self.isDigit), start - found.upperBound <= Self.gap,
                let amount = Self.amount(rest[start...]), !amount.isZero
            else { continue }
            let isTip = ["tip", "priority"].contains { words.firstRange(of: Array($0.utf8)) != nil }
            return FeeFloor(isTip ? .tip : .price, amount)
        }
        return nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// `5000000000`, `5 gwei` or `1.5gwei`.
    private static func amount(_ words: ArraySlice<UInt8>) -> Wei? {
        let whole = words.prefix(while: Self.isDigit)
        var rest = words[whole.endIndex...]
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: "."), rest.dropFirst().first.map(Self.isDigit) == true {
            fraction = rest.dropFirst().prefix(while: Self.isDigit)
            rest = rest[fraction.endIndex...]
        }
        let isGwei = rest.drop { $0 == UInt8(ascii: " ") }.starts(with: Array("gwei".utf8))
        guard let number = Wei(decimal: String(decoding: whole, as: UTF8.self)) else { return nil }
        guard isGwei else { return number }
        let digits = (fraction.prefix(9) + Array(repeating: 0x30, count: 9)).prefix(9)
        let more = Wei(decimal: String(decoding: digits, as: UTF8.self)) ?? .zero
        return number.multiplied(by: 1_000_000_000)?.adding(more)
    }
}
