/// The form that every code must have.
package enum CodeForm {
    /// Characters of a code at most: 10.
    package static let longest = 10

    /// Whether a code has 1 to 10 characters, each a syllable of Hangul or an ASCII digit.
    package static func holds(_ code: String) -> Bool {
        (1...Self.longest).contains(code.unicodeScalars.count)
            && code.unicodeScalars.allSatisfy { scalar in
                ("\u{AC00}"..."\u{D7A3}").contains(scalar) || ("0"..."9").contains(scalar)
            }
    }
}
