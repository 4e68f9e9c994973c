/// The cleaning of codes that people paste from a page, a mail or a chat.
enum PastedText {
    /// The text without blanks, dashes and signs that cannot be seen.
    ///
    /// Signs of a code are none of these, in whatever form, so two texts with one essence are one code.
    static func essence(_ text: String) -> String {
        var essence = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where !Self.isPassedOver(scalar) { essence.append(scalar) }
        return String(essence)
    }

    private static func isPassedOver(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        // Zero width, direction marks, variation selectors, fillers of Hangul, soft hyphens, byte order marks.
        if properties.isWhitespace || properties.isDash || properties.isDefaultIgnorableCodePoint { return true }
        // Tags and more variation selectors; not every version of Unicode's data names all of this plane's.
        if (0xE0000...0xE0FFF).contains(scalar.value) { return true }
        switch properties.generalCategory {
        case .dashPunctuation, .connectorPunctuation, .format, .control: return true
        default: return Self.lines.contains(scalar.value) || Self.lookalikes.contains(scalar)
        }
    }

    /// The lines that frames are drawn with.
    private static let lines: ClosedRange<UInt32> = 0x2500...0x257F

    /// Blanks and dashes that Unicode counts among other kinds.
    private static let lookalikes: Set<Unicode.Scalar> = [
        "\u{2800}",  // braille pattern blank
        "\u{02D7}", "\u{2043}", "\u{2212}", "\u{2796}", "\u{FE63}", "\u{FF0D}",  // minus signs, a hyphen bullet
        "\u{30FC}", "\u{FF70}", "\u{3161}", "\u{23AF}", "\u{23E4}",  // long vowel marks and lines that pass for dashes
        "~", "\u{223C}", "\u{FF5E}",
    ]
}
