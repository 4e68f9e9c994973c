import Coordination

/// The form that the operation of a payment's entry must have.
///
/// A shard's tag, a dash, 26 characters of Crockford's base 32, and for a reversal an `R` and a number up to 99.
/// Payments are a feature of their own, which the ledger does not know: only their names are in its entries.
enum PaymentName {
    static func isValid(_ text: String) -> Bool {
        let words = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard words.count == 2, Shard(tag: words[0]) != nil, OperationID.isValid(words[1].prefix(26)) else {
            return false
        }
        let reversal = words[1].dropFirst(26)
        guard !reversal.isEmpty else { return true }
        guard reversal.first == "R", let number = Int(reversal.dropFirst()) else { return false }
        return (1...99).contains(number) && reversal == "R\(number)"
    }
}
