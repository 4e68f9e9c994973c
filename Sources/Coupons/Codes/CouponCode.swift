/// A code: ten signs, six of 512 syllables and four digits, that spell one number below 512^6 · 10^4.
///
/// The number is version · 2^64 + block, where the block is what a ``CodeCipher`` made of campaign and sequence. So
/// codes of different keys never meet, and those of one key are as unique as what they were made of.
package struct CouponCode: Hashable, Sendable, CustomStringConvertible {
    let version: Int
    let block: UInt64

    private static let digitWeight: UInt128 = 10_000
    private static let syllableCount = 6
    /// Longest text that is looked at: a code in decomposed signs, with much between them that does not count.
    private static let textLimit = 1000

    init(version: Int, block: UInt64) {
        self.version = version
        self.block = block
    }

    /// Reads a code as people type and paste it: composed or decomposed (NFC or NFD), with blanks, dashes and signs
    /// that cannot be seen, and with digits of either width; `nil` for anything else.
    ///
    /// It is the one place where the text of a code is read.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.textLimit else { return nil }
        var signs: [UInt16] = []
        for character in PastedText.essence(text) {
            guard let sign = Self.value(of: character, isDigit: Self.digitPlaces.contains(signs.count)) else {
                return nil
            }
            signs.append(sign)
        }
        guard signs.count == Self.syllableCount + 4 else { return nil }
        var digits: UInt128 = 0
        var syllables: UInt128 = 0
        for (place, sign) in signs.enumerated() {
            if Self.digitPlaces.contains(place) {
                digits = digits * 10 + UInt128(sign)
            } else {
                syllables = syllables * UInt128(CouponAlphabet.count) + UInt128(sign)
            }
        }
        let number = syllables * Self.digitWeight + digits
        let version = Int(number >> 64)
        guard CodeKey.versions.contains(version) else { return nil }
        self.init(version: version, block: UInt64(truncatingIfNeeded: number))
    }

    /// Three syllables, two digits, and the same again.
    package var description: String {
        var (syllables, digits) = (UInt128(self.version) << 64 | UInt128(self.block))
            .quotientAndRemainder(dividingBy: Self.digitWeight)
        var signs: [Character] = []
        signs.reserveCapacity(Self.syllableCount + 4)
        for place in (0..<Self.syllableCount + 4).reversed() {
            if Self.digitPlaces.contains(place) {
                signs.append(Self.digits[Int(digits % 10)])
                digits /= 10
            } else {
                signs.append(CouponAlphabet.syllables[Int(syllables % UInt128(CouponAlphabet.count))])
                syllables /= UInt128(CouponAlphabet.count)
            }
        }
        return String(signs.reversed())
    }

    private static let digitPlaces: Set<Int> = [3, 4, 8, 9]
    private static let digits = Array("0123456789")

    private static func value(of character: Character, isDigit: Bool) -> UInt16? {
        guard isDigit else { return CouponAlphabet.values[character] }
        guard let scalar = character.unicodeScalars.first, character.unicodeScalars.count == 1 else { return nil }
        switch scalar.value {
        case 0x30...0x39: return UInt16(scalar.value - 0x30)
        // Full width, as Korean and Japanese keyboards write them.
        case 0xFF10...0xFF19: return UInt16(scalar.value - 0xFF10)
        default: return nil
        }
    }
}
