import NIOCore
import RESP
import Support
import Testing

@Suite struct `RESP reader` {
    /// TCP may cut the bytes anywhere, and where it cuts must not change what is read.
    @Test(arguments: Seed.cases(500))
    func `cuts between bytes do not change the replies`(seed: Seed) throws {
        var random = seed.random
        let sent = (0..<Int.random(in: 1...8, using: &random)).map { _ in RESPValue.random(depth: 4, using: &random) }
        var bytes = ByteBuffer()
        for value in sent { bytes.writeReply(value) }

        var reader = RESPReader()
        var received: [RESPValue] = []
        while bytes.readableBytes > 0 {
            let length = Int.random(in: 1...min(16, bytes.readableBytes), using: &random)
            let piece = bytes.readSlice(length: length) ?? ByteBuffer()
            try reader.append(piece.readableBytesView)
            while let value = try reader.next() { received.append(value) }
        }

        #expect(received == sent)
    }

    @Test(arguments: [
        ("+OK\r\n", RESPValue.status("OK")),
        ("-ERR no\r\n", .error("ERR no")),
        (":-9223372036854775808\r\n", .integer(.min)),
        ("$-1\r\n", .null),
        ("*-1\r\n", .null),
        ("$0\r\n\r\n", .bulk(ByteBuffer())),
        ("*0\r\n", .array([])),
        ("*2\r\n*0\r\n*1\r\n$-1\r\n", .array([.array([]), .array([.null])])),
        ("$4\r\na\r\nb\r\n", .bulk(ByteBuffer(string: "a\r\nb"))),
    ])
    func `each shape is read as what it is`(bytes: String, value: RESPValue) throws {
        var reader = RESPReader()
        try reader.append(ByteBuffer(string: bytes).readableBytesView)
        #expect(try reader.next() == value)
        #expect(try reader.next() == nil)
    }

    @Test(arguments: [
        "x", "\0", "?1\r\n", ":one\r\n", ":1 \r\n", ":99999999999999999999\r\n", "$x\r\n", "$-2\r\n",
        "$99999999999999999999\r\n",
        "*-2\r\n", "*x\r\n", "*99999999999\r\n", "*1\r\n!\r\n", "$1\r\nabc\r\n+", "HTTP/1.1 400 Bad Request\r\n\r\n",
    ])
    func `what is not RESP2 is an error, and stays one`(text: String) {
        var reader = RESPReader()
        #expect(throws: RESPError.self) {
            try reader.append(ByteBuffer(string: text).readableBytesView)
            while try reader.next() != nil {}
        }
        #expect(throws: RESPError.self) { while try reader.next() != nil {} }
    }

    @Test(arguments: Seed.cases(2000))
    func `random bytes never trap`(seed: Seed) {
        var random = seed.random
        var reader = RESPReader(
            limits: RESPLimits(bulkBytes: 64, elements: 16, depth: 3, replyBytes: 256, unreadBytes: 512)
        )
        let alphabet = Array("+-:$*0123456789\r\n\r\nab".utf8)
        do {
            for _ in 0..<40 {
                let bytes = (0..<Int.random(in: 1...8, using: &random)).map { _ in
                    Int.random(in: 0..<20, using: &random) == 0
                        ? UInt8.random(in: 0...255, using: &random) : alphabet.randomElement(using: &random) ?? 0
                }
                try reader.append(ByteBuffer(bytes: bytes).readableBytesView)
                while try reader.next() != nil {}
            }
        } catch {}
    }

    @Test(arguments: [
        ("$11\r\nhello world\r\n", RESPError.Limit.bulkBytes),
        ("+hello world\r\n", .bulkBytes),
        ("*6\r\n", .elements),
        ("*2\r\n*3\r\n:1\r\n:2\r\n:3\r\n*1\r\n", .elements),
        ("*1\r\n*1\r\n*1\r\n:1\r\n", .depth),
        ("*3\r\n$10\r\n0123456789\r\n$10\r\n0123456789\r\n", .replyBytes),
        ("$9\r\n0123456789012345678901234567890123456789012345678901234567890123456789", .unreadBytes),
    ])
    func `a reply over a limit is refused`(text: String, limit: RESPError.Limit) {
        var reader = RESPReader(
            limits: RESPLimits(bulkBytes: 10, elements: 5, depth: 2, replyBytes: 19, unreadBytes: 60)
        )
        #expect(throws: RESPError.limitExceeded(limit)) {
            try reader.append(ByteBuffer(string: text).readableBytesView)
            while try reader.next() != nil {}
        }
    }

    @Test func `limits count each reply for itself`() throws {
        var reader = RESPReader(
            limits: RESPLimits(bulkBytes: 10, elements: 2, depth: 1, replyBytes: 10, unreadBytes: 60)
        )
        for _ in 0..<100 {
            try reader.append(ByteBuffer(string: "*2\r\n$5\r\nhello\r\n$5\r\nworld\r\n").readableBytesView)
            #expect(try reader.next()?.array?.count == 2)
        }
    }

    @Test func `arrays deeper than hiredis reads are an error`() {
        var reader = RESPReader()
        #expect(throws: RESPError.self) {
            try reader.append(ByteBuffer(string: String(repeating: "*1\r\n", count: 20) + ":1\r\n").readableBytesView)
            while try reader.next() != nil {}
        }
    }

    /// An announced count is only a claim: room is taken when the elements come.
    @Test func `a large array that never comes takes no room`() throws {
        var reader = RESPReader()
        try reader.append(ByteBuffer(string: "*1000000\r\n:1\r\n").readableBytesView)
        #expect(try reader.next() == nil)
    }

    /// The builder owns every value, so to see it go is to see them all go.
    @Test(arguments: ["", "+OK\r\n", "*2\r\n$5\r\nhello\r\n", "*2\r\n*2\r\n:1\r\n$3\r\nab", "*1\r\n!"])
    func `a reader leaves nothing behind, whatever it was in the middle of`(text: String) {
        weak var left: ReplyBuilder?
        do {
            let builder = ReplyBuilder(limits: RESPLimits())
            left = builder
            var reader = RESPReader(builder: builder, limits: RESPLimits())
            do {
                try reader.append(ByteBuffer(string: text).readableBytesView)
                while try reader.next() != nil {}
            } catch {}
        }
        #expect(left == nil)
    }

    /// Values that were handed out are the caller's, and outlive the reader.
    @Test func `replies outlive their reader`() throws {
        var value: RESPValue?
        do {
            var reader = RESPReader()
            try reader.append(ByteBuffer(string: "*1\r\n$5\r\nhello\r\n").readableBytesView)
            value = try reader.next()
        }
        #expect(value == .array([.bulk(ByteBuffer(string: "hello"))]))
    }
}
