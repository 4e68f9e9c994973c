/// The reason of a node's refusal of a transaction, read from its words.
///
/// Codes say little: geth answers -32000 to everything, and others number as they like. They count only when no row
/// of the table fits.
package enum RefusalKind: Hashable, Sendable, CaseIterable {
    case alreadyKnown
    case nonceTooLow
    case nonceTooHigh
    case replacementUnderpriced
    case feeTooLow
    case feeCapExceeded
    case insufficientFunds
    case gasTooLow
    case wrongChain
    case notAuthorised
    case poolFull
    case rateLimited
    /// The node takes fewer calls in one batch: nothing was done.
    case batchTooLarge
    /// Something broke or took too long behind the one that answers: nobody knows.
    case unclear
    case other

    package init(_ refusal: RPCRefusal) {
        let kind = Self.row(of: refusal.text)
        // A wrapper's own words are not the node's.
        let inner = kind == nil || kind == .unclear ? Self.row(of: refusal.detail) : nil
        self = inner ?? kind ?? refusal.code.flatMap(Self.hint) ?? .other
    }

    /// Codes with one meaning wherever they are used.
    private static func hint(_ code: Int64) -> RefusalKind? {
        switch code {
        case -38010: .nonceTooLow
        case -38011: .nonceTooHigh
        case -38014: .insufficientFunds
        case -32005, 429: .rateLimited
        case -32603: .unclear
        default: nil
        }
    }

    private static func row(of text: String) -> RefusalKind? {
        guard !text.isEmpty else { return nil }
        let words = Array(text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 })
        if let kind = Self.nonces(words) { return kind }
        if Self.isOfBatch(words) { return .batchTooLarge }
        return RefusalTable.rows.first { row in row.texts.contains { Self.find($0, in: words) != nil } }?.kind
    }

    /// Texts about a batch, but for those that count calls in a time.
    private static func isOfBatch(_ words: [UInt8]) -> Bool {
        func has(_ texts: [[UInt8]]) -> Bool { texts.contains { Self.find($0, in: words) != nil } }
        return has(RefusalTable.batchWords) && has(RefusalTable.sizeWords) && !has(RefusalTable.rateWords)
    }

    /// Texts that say only that the nonce is another one: their numbers tell which way.
    private static func nonces(_ words: [UInt8]) -> RefusalKind? {
        for form in RefusalTable.nonceForms {
            guard let end = Self.find(form.text, in: words) else { continue }
            let numbers = Self.numbers(words[end...])
            guard numbers.count >= 2, numbers[0] != numbers[1] else { return nil }
            let isHigh = form.isExpectedFirst ? numbers[1] > numbers[0] : numbers[0] > numbers[1]
            return isHigh ? .nonceTooHigh : .nonceTooLow
        }
        return nil
    }

    private static func numbers(_ words: ArraySlice<UInt8>) -> [UInt64] {
        words.split { !(0x30...0x39).contains($0) }.compactMap { UInt64(String(decoding: $0, as: UTF8.self)) }
    }

    /// Where the text ends in `words`, if it stands there at the beginning of a word.
    ///
    /// "unknown transaction" has "known transaction" in it, and means the opposite.
    private static func find(_ wanted: [UInt8], in words: [UInt8]) -> Int? {
        guard let first = wanted.first, words.count >= wanted.count else { return nil }
        for start in 0...(words.count - wanted.count) where words[start] == first {
            let isWord = start == 0 || !Self.isLetter(words[start - 1])
            if isWord, words[start...].starts(with: wanted) { return start + wanted.count }
        }
        return nil
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
}
