import Ethereum
import Support
import Testing

@Suite
struct RLPTests {
    /// The examples of the specification.
    @Test
    func `it is written as the specification shows`() {
        #expect(RLP.bytes([UInt8]("dog".utf8)).encoded == [0x83] + [UInt8]("dog".utf8))
        #expect(RLP.list([.bytes([UInt8]("cat".utf8)), .bytes([UInt8]("dog".utf8))]).encoded.count == 9)
        #expect(RLP.bytes([]).encoded == [0x80] && RLP.list([]).encoded == [0xC0])
        #expect(RLP.number(0).encoded == [0x80] && RLP.bytes([0]).encoded == [0])
        #expect(RLP.number(15).encoded == [0x0F] && RLP.number(1024).encoded == [0x82, 0x04, 0x00])
        let set = RLP.list([.list([]), .list([.list([])]), .list([.list([]), .list([.list([])])])])
        #expect(set.encoded == [0xC7, 0xC0, 0xC1, 0xC0, 0xC3, 0xC0, 0xC1, 0xC0])
        let long = [UInt8](repeating: 0x61, count: 56)
        #expect(RLP.bytes(long).encoded == [0xB8, 0x38] + long)
        #expect(RLP.bytes([UInt8](long.dropLast())).encoded == [0xB7] + long.dropLast())
        #expect(RLP.bytes([UInt8](repeating: 1, count: 1024)).encoded.prefix(3) == [0xB9, 0x04, 0x00])
    }

    @Test(arguments: Seed.cases(300))
    func `what was written is read`(seed: Seed) throws {
        var random = seed.random
        let item = Self.item(&random, depth: 0)
        let bytes = item.encoded
        #expect(try RLP(decoding: bytes) == item)
        #expect(throws: RLPError.trailing) { try RLP(decoding: bytes + [0]) }
        if bytes.count > 1 {
            #expect(throws: RLPError.self) { try RLP(decoding: [UInt8](bytes.dropLast())) }
        }
    }

    /// Every item has one form only: what is read from any bytes at all, is written as these bytes.
    @Test(arguments: Seed.cases(300))
    func `what is read is written the same`(seed: Seed) {
        var random = seed.random
        var bytes = Self.item(&random, depth: 0).encoded
        for _ in 0..<3 {
            bytes[Int.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
            guard let item = try? RLP(decoding: bytes) else { continue }
            #expect(item.encoded == bytes)
        }
    }

    @Test(
        arguments: [
            ([], .truncated), ([0x81], .truncated), ([0xB8], .truncated), ([0xB8, 0x38], .truncated),
            ([0xC1], .truncated), ([0xC2, 0x81, 0x80, 0x00], .trailing), ([0xC1, 0x81, 0x80], .truncated),
            ([0x81, 0x00], .notShortest), ([0x81, 0x7F], .notShortest), ([0xB8, 0x01, 0x80], .notShortest),
            ([0xB9, 0x00, 0x38], .notShortest), ([0xF8, 0x00], .notShortest), ([0xB8, 0x37], .notShortest),
            ([0xBF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], .truncated),
            ([0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], .truncated),
            ([0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], .truncated),
        ] as [([UInt8], RLPError)]
    )
    func `what is not in the shortest form is refused`(bytes: [UInt8], error: RLPError) {
        #expect(throws: error) { try RLP(decoding: bytes) }
    }

    @Test
    func `lists go as deep as the limit`() throws {
        var item = RLP.bytes([])
        for _ in 0..<RLP.depthLimit { item = .list([item]) }
        #expect(try RLP(decoding: item.encoded) == item)
        #expect(throws: RLPError.tooDeep) { try RLP(decoding: RLP.list([item]).encoded) }
    }

    private static func item(_ random: inout SeededGenerator, depth: Int) -> RLP {
        if depth < 4, Int.random(in: 0..<3, using: &random) == 0 {
            return .list((0..<Int.random(in: 0...5, using: &random)).map { _ in Self.item(&random, depth: depth + 1) })
        }
        let count = [0, 1, 1, 2, 20, 32, 54, 55, 56, 57, 255, 256, 300].randomElement(using: &random) ?? 0
        return .bytes((0..<count).map { _ in .random(in: 0...255, using: &random) })
    }
}
