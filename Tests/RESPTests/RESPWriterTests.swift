import NIOCore
import RESP
import Support
import Testing

@Suite struct `RESP writer` {
    @Test(arguments: [
        Int.min, Int.min + 1, -100_000_000, -10, -9, -1, 0, 1, 9, 10, 99, 100, 999, 1000, 9_999_999, 10_000_000,
        99_999_999, 100_000_000, 999_999_999, 9_999_999_999_999_999, 10_000_000_000_000_000, .max,
    ])
    func `an integer is written as Swift prints it`(integer: Int) {
        var bytes = ByteBuffer()
        bytes.writeBulk(integer)
        #expect(String(buffer: bytes) == "$\(String(integer).utf8.count)\r\n\(integer)\r\n")
    }

    @Test(arguments: Seed.cases(300))
    func `commands read back as they were written`(seed: Seed) throws {
        var random = seed.random
        var bytes = ByteBuffer()
        var words: [RESPValue] = []
        let count = Int.random(in: 1...120, using: &random)
        bytes.writeArrayHeader(count)
        for _ in 0..<count {
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                let integer = Int(truncatingIfNeeded: random.next() >> UInt64.random(in: 0..<64, using: &random))
                bytes.writeBulk(integer)
                words.append(.bulk(ByteBuffer(string: "\(integer)")))
            case 1:
                let text = String(repeating: "é", count: Int.random(in: 0...600, using: &random))
                bytes.writeBulk(text)
                words.append(.bulk(ByteBuffer(string: text)))
            default:
                let word = ByteBuffer(bytes: (0..<9).map { _ in UInt8.random(in: 0...255, using: &random) })
                bytes.writeBulk(word.readableBytesView)
                words.append(.bulk(word))
            }
        }
        var reader = RESPReader()
        try reader.append(bytes.readableBytesView)
        #expect(try reader.next() == .array(words))
    }

    @Test func `a static word is written like any other`() {
        var bytes = ByteBuffer()
        let word: StaticString = "PING"
        bytes.writeArrayHeader(1)
        bytes.writeBulk(word)
        #expect(String(buffer: bytes) == "*1\r\n$4\r\nPING\r\n")
    }
}
