/// Words that a script or a command gave in an order, read by their names: nobody who reads one counts places.
///
/// `Field` lists the names in that order, and is asked for as ``names``. One dictionary is made for all words.
package struct NamedWords<Field, Word: Sendable>: Sendable
where Field: CaseIterable & RawRepresentable & Hashable & Sendable, Field.RawValue == String {
    private let words: [Field: Word]

    /// The names, in the order of the words.
    package static var names: [String] { Field.allCases.map(\.rawValue) }

    /// `nil` unless there is one word for each name.
    package init?(_ words: [Word]?) {
        guard let words, words.count == Field.allCases.count else { return nil }
        self.words = Dictionary(uniqueKeysWithValues: zip(Field.allCases, words))
    }

    package subscript(_ field: Field) -> Word {
        guard let word = self.words[field] else { preconditionFailure("\(field.rawValue) is not among all names") }
        return word
    }
}
