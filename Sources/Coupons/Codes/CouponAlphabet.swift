/// The signs of a code: 512 Hangul syllables, and digits.
///
/// Syllables are precomposed (NFC) and of few forms, so that they can be told over the telephone: fourteen plain
/// initials, ten plain vowels, and no final or ㄴ, ㅁ, ㅇ. Left out are pairs that sound alike (ㅈ and ㅊ before ㅑ ㅕ ㅛ ㅠ)
/// and syllables that rude words begin with.
enum CouponAlphabet {
    static let count = 512

    private static let initials = [0, 2, 3, 5, 6, 7, 9, 11, 12, 14, 15, 16, 17, 18]
    private static let vowels = [0, 2, 4, 6, 8, 12, 13, 17, 18, 20]
    private static let finals = [0, 4, 16, 21]
    private static let rude: Set<Character> = [
        "병", "빙", "신", "존", "니", "미", "보", "자", "지", "창", "녀", "년", "놈", "시", "간", "음",
    ]

    /// In the order of their values, 0…511.
    static let syllables: [Character] = {
        var syllables: [Character] = []
        for initial in Self.initials {
            for vowel in Self.vowels {
                let isIndistinct = (initial == 12 || initial == 14) && [2, 6, 12, 17].contains(vowel)
                guard !isIndistinct else { continue }
                for final in Self.finals {
                    // The order of the Unicode block: 21 vowels and 28 finals to each initial.
                    guard let scalar = Unicode.Scalar(0xAC00 + UInt32((initial * 21 + vowel) * 28 + final)) else {
                        continue
                    }
                    syllables.append(Character(scalar))
                }
            }
        }
        return Array(syllables.filter { !Self.rude.contains($0) }.prefix(Self.count))
    }()

    /// The value of each syllable; a key is found in its decomposed form (NFD), too, as `Character` compares.
    static let values: [Character: UInt16] = Dictionary(
        uniqueKeysWithValues: Self.syllables.enumerated().map { ($1, UInt16($0)) }
    )
}
