import Coupons
import Foundation
import Support
import Testing

@Suite struct CodeTests {
    private static func key(_ version: Int, _ fill: UInt8) throws -> CodeKey {
        try #require(CodeKey(version: version, bytes: Array(repeating: fill, count: CodeKey.byteCount)))
    }

    private static func isWellFormed(_ code: String) -> Bool {
        let isSyllable = code.unicodeScalars.map { (0xAC00...0xD7A3).contains($0.value) }
        let isDigit = code.unicodeScalars.map { (0x30...0x39).contains($0.value) }
        return code.unicodeScalars.count == 10 && zip(isSyllable, isDigit).allSatisfy { $0 != $1 }
            && isSyllable.contains(true) && isDigit.contains(true)
    }

    @Test(arguments: Seed.cases(20))
    func `A code is ten signs of Hangul and digits, and tells its campaign and sequence again`(seed: Seed) throws {
        var random = seed.random
        let key = try Self.key(Int.random(in: 0...8, using: &random), UInt8.random(in: 0...255, using: &random))
        let codes = CouponCodes(key)
        for _ in 0..<200 {
            let campaign = try #require(CampaignID(Int64.random(in: 1...CampaignID.limit, using: &random)))
            let sequence = Int64.random(in: 1..<(1 << 40), using: &random)
            let number = CouponNumber(campaign: campaign, sequence: sequence)
            let text = codes.code(number).description
            #expect(Self.isWellFormed(text), "\(text)")
            let read = try #require(CouponCode(text))
            #expect(codes.number(read) == number)
        }
    }

    @Test func `No two of many coupons have one code, over campaigns and over versions of the key`() throws {
        var seen: Set<CouponCode> = []
        for version in [0, 1, 8] {
            let codes = CouponCodes(try Self.key(version, 7))
            for campaign in [1, 2, 77, CampaignID.limit] {
                let campaign = try #require(CampaignID(campaign))
                for sequence in 1...20_000 as ClosedRange<Int64> {
                    seen.insert(codes.code(CouponNumber(campaign: campaign, sequence: sequence)))
                }
            }
        }
        #expect(seen.count == 3 * 4 * 20_000)
        #expect(Set(seen.prefix(50_000).map(\.description)).count == 50_000)
    }

    @Test func `A code of one version is none of another version's key`() throws {
        let one = CouponCodes(try Self.key(1, 3))
        let two = CouponCodes(try Self.key(2, 3))
        let campaign = try #require(CampaignID(5))
        let code = one.code(CouponNumber(campaign: campaign, sequence: 9))
        #expect(two.number(code) == nil)
        #expect(one.number(code) == CouponNumber(campaign: campaign, sequence: 9))
    }

    @Test func `A code is read decomposed, with blanks and hyphens, and with digits of full width`() throws {
        let codes = CouponCodes(try Self.key(1, 200))
        let campaign = try #require(CampaignID(123))
        let code = codes.code(CouponNumber(campaign: campaign, sequence: 456))
        let text = code.description
        let decomposed = text.decomposedStringWithCanonicalMapping
        #expect(decomposed.unicodeScalars.count > 10)
        #expect(CouponCode(decomposed) == code)
        #expect(CouponCode(" \(text.prefix(5))-\(text.suffix(5)) ") == code)
        let wide = String(
            String.UnicodeScalarView(
                text.unicodeScalars.compactMap { scalar in
                    (0x30...0x39).contains(scalar.value) ? Unicode.Scalar(scalar.value + 0xFEE0) : scalar
                }
            )
        )
        #expect(wide != text)
        #expect(CouponCode(wide) == code)
    }

    /// The signs between, before and behind those of codes that people paste.
    static let clutter: [Unicode.Scalar] = [
        "\u{200B}", "\u{200C}", "\u{200D}", "\u{200E}", "\u{200F}", "\u{202A}", "\u{202E}", "\u{2060}", "\u{2066}",
        "\u{2069}", "\u{FEFF}", "\u{AD}", "\u{180E}", "\u{34F}", "\u{FE0F}", "\u{E0001}", "\u{E0020}", "\u{E0100}",
        "\u{61C}",
        "-", "\u{2010}", "\u{2011}", "\u{2012}", "\u{2013}", "\u{2014}", "\u{2015}", "\u{2043}", "\u{2212}", "\u{FE58}",
        "\u{FE63}", "\u{FF0D}", "\u{301C}", "\u{30FC}", "\u{FF70}", "\u{3161}", "\u{2500}", "_", "\u{FF3F}", "~",
        "\u{FF5E}", "\u{2053}", "\u{207B}", "\u{208B}", "\u{2E3A}", "\u{10EAD}", "\u{23AF}", "\u{2504}",
        "\u{254C}",
        " ", "\u{A0}", "\t", "\n", "\r", "\u{B}", "\u{85}", "\u{1680}", "\u{2002}", "\u{2009}", "\u{200A}", "\u{2028}",
        "\u{2029}", "\u{202F}", "\u{205F}", "\u{3000}", "\u{3164}", "\u{FFA0}", "\u{2800}",
    ]

    @Test(arguments: Self.clutter)
    func `A code is found with anything that people paste along, in any place`(scalar: Unicode.Scalar) throws {
        let codes = CouponCodes(try Self.key(1, 200))
        let code = codes.code(CouponNumber(campaign: try #require(CampaignID(123)), sequence: 456))
        for text in [code.description, code.description.decomposedStringWithCanonicalMapping] {
            let signs = Array(text.unicodeScalars)
            for place in 0...signs.count {
                var pasted = String.UnicodeScalarView(signs[..<place])
                pasted.append(scalar)
                pasted.append(contentsOf: signs[place...])
                #expect(CouponCode(String(pasted)) == code, "at \(place)")
            }
        }
    }

    @Test(arguments: Seed.cases(300))
    func `Clutter makes no code of what is none, and no other code of one`(seed: Seed) throws {
        var random = seed.random
        let codes = CouponCodes(try Self.key(1, 200))
        let number = CouponNumber(
            campaign: try #require(CampaignID(Int64.random(in: 1...1000, using: &random))),
            sequence: Int64.random(in: 1...1000, using: &random)
        )
        let code = codes.code(number)
        var signs = Array(code.description.unicodeScalars)
        for _ in 0..<Int.random(in: 0...40, using: &random) {
            let scalar = try #require(Self.clutter.randomElement(using: &random))
            signs.insert(scalar, at: Int.random(in: 0...signs.count, using: &random))
        }
        #expect(CouponCode(String(String.UnicodeScalarView(signs))) == code)
        let isSign = { (scalar: Unicode.Scalar) in !Self.clutter.contains(scalar) }
        signs.remove(at: try #require(signs.indices.filter { isSign(signs[$0]) }.randomElement(using: &random)))
        #expect(CouponCode(String(String.UnicodeScalarView(signs))) == nil)
    }

    @Test(arguments: [
        "", "가", "가나다12라마바3", "가나다12라마바345", "가나다라마바1234", "abc12def34", "똠방각12하하하34", "१२३", "가나다1२라마바34",
    ])
    func `What is no code is read as none`(text: String) {
        #expect(CouponCode(text) == nil)
    }

    @Test func `Guesses hit a live campaign's coupons as rarely as chance`() throws {
        let codes = CouponCodes(try Self.key(1, 99))
        var random = SeededGenerator(seed: 1)
        var hits = 0
        // The first 2^17 sequences of the first 2^10 campaigns: 2^27 of 2^64 blocks.
        for _ in 0..<100_000 {
            let digits = (0..<4).map { _ in Int.random(in: 0...9, using: &random) }
            let base = codes.code(
                CouponNumber(
                    campaign: try #require(CampaignID(Int64.random(in: 1...1024, using: &random))),
                    sequence: Int64.random(in: 1...131_072, using: &random)
                )
            )
            // The neighbour of a real code: other digits at its end.
            var text = Array(base.description)
            text[8] = Character(String(digits[0]))
            text[9] = Character(String(digits[1]))
            text[3] = Character(String(digits[2]))
            guard let code = CouponCode(String(text)), code != base, let number = codes.number(code) else { continue }
            if number.campaign.number <= 1024, number.sequence <= 131_072 { hits += 1 }
        }
        #expect(hits == 0)
    }

    @Test func `A key is 64 hexadecimal digits, and its fingerprint does not tell it`() throws {
        let text = String(repeating: "0f", count: 32)
        let key = try #require(CodeKey(version: 3, text: " \(text.uppercased())\n"))
        #expect(key == CodeKey(version: 3, text: text))
        #expect(key.fingerprint.count == 16)
        #expect(!text.contains(key.fingerprint))
        for bad in ["", "0f", text + "0", text + " 00", String(repeating: "0g", count: 32)] {
            #expect(CodeKey(version: 3, text: bad) == nil)
        }
        #expect(CodeKey(version: 9, text: text) == nil)
    }
}
