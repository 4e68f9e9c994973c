/// The words that a setting may be, each with what it means: one table for what is taken and for what is explained.
///
/// Words that say enough are written as a list, the others as a table in the order in which people read them.
package struct Choices: Hashable, Sendable {
    package let words: [String]
    /// The meaning of each word, in the order of ``words``; empty for words that say enough.
    package let meanings: [String]
    /// Words of the version before, each with the one that means the same now.
    ///
    /// They are understood for one version, with a warning; a listing shows only those of today.
    package let former: [String: String]

    /// The words of today, and those that the version before had in their place.
    package init(_ today: Choices, former: [String: String]) {
        self.words = today.words
        self.meanings = today.meanings
        self.former = former
    }

    /// `one: what it does; two: what that does`, or nothing.
    package var explanation: String {
        zip(self.words, self.meanings).map { "\($0): \($1)" }.joined(separator: "; ")
    }
}

extension Choices: ExpressibleByArrayLiteral {
    package init(arrayLiteral words: String...) {
        self.words = words
        self.meanings = []
        self.former = [:]
    }
}

extension Choices: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral rows: (String, String)...) {
        self.words = rows.map { $0.0 }
        self.meanings = rows.map { $0.1 }
        self.former = [:]
    }
}
