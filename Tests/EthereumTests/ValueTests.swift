import Ethereum
import Support
import Testing

@Suite
struct ValueTests {
    @Test
    func `hexadecimal digits come and go in pairs behind 0x`() {
        #expect(Hex.text([0x00, 0x7f, 0xab]) == "0x007fab")
        #expect(Hex.text([]) == "0x")
        #expect(Hex.bytes("0x007fAB") == [0x00, 0x7f, 0xab])
        #expect(Hex.bytes("0x") == [])
        for text in ["", "0", "00", "0X00", "0x0", "0x0g", " 0x00", "0x00 ", "0x0\u{661}", "x00", "0x+1"] {
            #expect(Hex.bytes(text) == nil, "\(text)")
        }
    }

    @Test(arguments: Seed.cases(50))
    func `bytes survive as text`(seed: Seed) {
        var random = seed.random
        let bytes = (0..<Int.random(in: 0...80, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        #expect(Hex.bytes(Hex.text(bytes)) == bytes)
        #expect(Hex.bytes("0x" + Hex.text(bytes).dropFirst(2).uppercased()) == bytes)
    }

    @Test
    func `a hash has 32 bytes`() {
        let digits = String(repeating: "aB", count: 32)
        #expect(Hash32(hex: "0x" + digits)?.text == "0x" + digits.lowercased())
        #expect(Hash32(hex: "0x" + digits.dropLast(2)) == nil)
        #expect(Hash32(hex: "0x" + digits + "00") == nil)
        #expect(Hash32(bytes: [1]) == nil)
    }

    @Test
    func `Keccak of every vector is right`() throws {
        let vectors = try Vectors.read().keccak256
        #expect(vectors.count == 10)
        for vector in vectors {
            let bytes = try #require(Hex.bytes(vector.data))
            #expect(bytes.count == vector.length)
            #expect(Keccak256.hash(bytes).text == vector.keccak256, "\(vector.length) bytes")
        }
    }
}

@Suite
struct AddressTests {
    @Test
    func `every valid address is taken and written as it came`() throws {
        let vectors = try Vectors.read().eip55Valid
        #expect(vectors.count == 10)
        for text in vectors where text != text.lowercased() {
            #expect(try Address.parse(text).text == text)
        }
        for text in vectors { #expect(try Address.parse(text).lowercased == text.lowercased()) }
    }

    @Test
    func `an address in one case needs no checksum`() throws {
        let vectors = try Vectors.read().eip55NoChecksumAccept
        let mixed = try vectors.allLower.map { try Address.parse($0).text }
        #expect(mixed.count == 4 && mixed.allSatisfy { $0 != $0.lowercased() })
        #expect(try vectors.allUpper.map { try Address.parse($0).text } == mixed)
    }

    @Test
    func `every invalid address is refused, and for its reason`() throws {
        let vectors = try Vectors.read().eip55Invalid
        #expect(vectors.count == 10)
        for vector in vectors {
            let error: AddressError = vector.reason.contains("checksum") ? .checksum : .invalid
            #expect(throws: error, "\(vector.reason)") { try Address.parse(vector.address) }
            #expect((Address(hex: vector.address) == nil) == (error == .invalid), "\(vector.reason)")
        }
    }

    @Test(arguments: Seed.cases(50))
    func `one wrong letter is noticed`(seed: Seed) throws {
        var random = seed.random
        let bytes = (0..<20).map { _ in UInt8.random(in: 0...255, using: &random) }
        let address = try #require(Address(bytes: bytes))
        #expect(try Address.parse(address.text) == address)
        var characters = Array(address.text)
        let letters = characters.indices.dropFirst(2).filter { characters[$0].isLetter }
        // With fewer letters the changed text may be all of one case, which has no checksum.
        guard letters.count > 4, let place = letters.randomElement(using: &random) else { return }
        let letter = characters[place]
        characters[place] = Character(letter.isLowercase ? letter.uppercased() : letter.lowercased())
        let text = String(characters)
        guard text.dropFirst(2).contains(where: \.isLowercase), text.contains(where: \.isUppercase) else { return }
        #expect(throws: AddressError.checksum) { try Address.parse(text) }
        #expect(Address(hex: text) == address)
    }

    @Test
    func `digits of other scripts and other beginnings are no address`() {
        let digits = String(repeating: "0", count: 39)
        let texts = [
            "0X\(digits)0", "0x\(digits)\u{660}", "0x\(digits)０", " 0x\(digits)0", "0x\(digits)0 ", "0x\(digits)+",
        ]
        for text in texts {
            #expect(throws: AddressError.invalid, "\(text)") { try Address.parse(text) }
        }
        #expect(Address.zero.text == "0x\(digits)0")
    }
}
