import CouponClient
import NIOCore
import Support
import Testing

@Suite
struct EnvelopeTests {
    @Test(arguments: Seed.cases(50))
    func `messages come out as they went in, however they are cut`(seed: Seed) throws {
        var random = seed.random
        let messages = (0..<Int.random(in: 0...20, using: &random)).map { _ in
            (0..<Int.random(in: 0...300, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        var bytes = messages.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer(EnvelopeSplitter.envelope($1)) }
        bytes.writeBytes([2, 0, 0, 0, 2] + Array("{}".utf8))
        var reader = EnvelopeSplitter()
        var found: [EnvelopeSplitter.Envelope] = []
        while bytes.readableBytes > 0 {
            let slice = bytes.readSlice(length: Int.random(in: 1...min(100, bytes.readableBytes), using: &random))
            reader.add(try #require(slice))
            while let envelope = try reader.next() { found.append(envelope) }
        }
        #expect(found == messages.map { .message($0) } + [.end(Array("{}".utf8))])
    }

    @Test
    func `what would be too large is refused before it is there`() {
        var reader = EnvelopeSplitter()
        reader.add(ByteBuffer(bytes: [0, 0xff, 0xff, 0xff, 0xff]))
        #expect(throws: CouponClientError.strange("a message of 4294967295 bytes")) { try reader.next() }
    }

    @Test
    func `compressed messages, which nobody asked for, are refused`() {
        var reader = EnvelopeSplitter()
        reader.add(ByteBuffer(bytes: [1, 0, 0, 0, 0]))
        #expect(throws: CouponClientError.strange("a message with flags 1")) { try reader.next() }
    }
}
