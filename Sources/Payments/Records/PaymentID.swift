package import Coordination
import Ledger

/// The name of a payment: the tag of its payer's shard, a dash, and 26 characters in order of time (a ULID).
///
/// A reversal has those of the payment that it reverses, an `R` and which try it is: so there can be one only.
package struct PaymentID: Hashable, Sendable {
    package let text: String
    /// The payer's shard, where everything about the payment lies.
    package let home: Shard

    /// Reads an id; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        let words = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard words.count == 2, let home = Shard(tag: words[0]), OperationID.isValid(words[1].prefix(26)),
            Self.isReversal(words[1].dropFirst(26)) || words[1].utf8.count == 26
        else { return nil }
        self.init(String(text), home)
    }

    private init(_ text: String, _ home: Shard) {
        self.text = text
        self.home = home
    }

    /// Tries to reverse one payment; more are refused.
    package static let reversalLimit = 99

    /// `R1` to `R99`.
    private static func isReversal(_ text: some StringProtocol) -> Bool {
        guard text.first == "R", let number = Int(text.dropFirst()) else { return false }
        return (1...Self.reversalLimit).contains(number) && text == "R\(number)"
    }

    /// A new id of a payer's shard.
    package static func make(_ home: Shard, at milliseconds: Int64) -> PaymentID {
        PaymentID("\(home.tag)-\(OperationID.make(at: milliseconds))", home)
    }

    /// The id of the reversal of this payment, whose payer is in `home`; `number` is 1 up to ``reversalLimit``.
    package func reversal(_ home: Shard, number: Int) -> PaymentID {
        PaymentID("\(home.tag)-\(self.text.dropFirst(4).prefix(26))R\(number)", home)
    }
}
