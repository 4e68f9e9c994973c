import Connect
import HTTPTypes
import NIOCore
import Support
import Testing

struct EnvelopeTests {
    @Test(arguments: Seed.cases(100))
    func `frames are the same however their bytes arrive`(seed: Seed) throws {
        var random = seed.random
        let coding = Bool.random(using: &random) ? ContentCoding.gzip : .identity
        let messages = (0..<Int.random(in: 0...6, using: &random)).map { _ in
            (0..<Int.random(in: 0...300, using: &random)).map { _ in UInt8.random(in: 0...9, using: &random) }
        }
        var bytes: [UInt8] = []
        for message in messages {
            let packed = Bool.random(using: &random) ? coding.packed(message, threshold: 0) : nil
            bytes += packed.map { Frame(1, $0).wire } ?? Frame(0, message).wire
        }
        var reader = EnvelopeReader(coding: coding, limit: 300)
        var read: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Int.random(in: 1...min(rest.count, 40), using: &random)
            reader.append(ByteBuffer(bytes: rest.prefix(count)))
            rest = rest.dropFirst(count)
            while let message = try reader.next() { read.append(message) }
        }
        try reader.finish()
        #expect(read == messages)
    }

    @Test(arguments: Seed.cases(200))
    func `any bytes are messages or one lasting error`(seed: Seed) throws {
        var random = seed.random
        var reader = EnvelopeReader(coding: .gzip, limit: 50)
        var failure: RPCError?
        for _ in 0..<20 {
            let count = Int.random(in: 0...30, using: &random)
            reader.append(ByteBuffer(bytes: (0..<count).map { _ in UInt8.random(in: 0...3, using: &random) }))
            do {
                while let message = try reader.next() {
                    #expect(failure == nil)
                    #expect(message.count <= 50)
                }
                #expect(failure == nil)
            } catch {
                #expect(failure == nil || failure == error)
                failure = error
            }
        }
        if let failure { #expect(throws: failure) { try reader.finish() } }
    }
}

struct WordTests {
    @Test(arguments: [
        ("1", Duration.milliseconds(1)), ("0", .zero), ("9999999999", .milliseconds(9_999_999_999)),
        ("007", .milliseconds(7)),
    ])
    func `Connect's time-outs are milliseconds`(text: String, duration: Duration) throws {
        #expect(try CallTimeout.connect(text) == duration)
    }

    @Test(arguments: ["", "-1", "+1", "1.0", "1s", "00000000001", "１", " 1"])
    func `what is no time-out of Connect is refused`(text: String) {
        #expect(throws: RPCError.self) { try CallTimeout.connect(text) }
    }

    @Test(arguments: [
        ("1H", Duration.seconds(3600)), ("2M", .seconds(120)), ("3S", .seconds(3)), ("4m", .milliseconds(4)),
        ("5u", .microseconds(5)), ("6n", .nanoseconds(6)), ("99999999H", .seconds(359_999_996_400)),
    ])
    func `gRPC's time-outs have a unit`(text: String, duration: Duration) throws {
        #expect(try CallTimeout.grpc(text) == duration)
    }

    @Test(arguments: ["", "1", "S", "100000000S", "1s", "-1S", "1 S", "1SS"])
    func `what is no time-out of gRPC is refused`(text: String) {
        #expect(throws: RPCError.self) { try CallTimeout.grpc(text) }
    }

    @Test(arguments: Seed.cases(50))
    func `base64 is what others make of it`(seed: Seed) {
        var random = seed.random
        let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
            UInt8.random(in: .min ... .max, using: &random)
        }
        let text = Base64.encoded(bytes)
        #expect(text == bytes.base64)
        #expect(Base64.decoded(text) == bytes)
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        #expect(Base64.decoded(text.replacing("+", with: "-").replacing("/", with: "_") + padding) == bytes)
        #expect(Base64.decoded(text + "!") == nil)
    }

    @Test func `what is not base64 is nothing`() {
        for text in ["A", "AAAAA", "AA=A", "=", "==", "A===", "AB CD", "é"] {
            #expect(Base64.decoded(text) == nil, "\(text)")
        }
    }

    @Test(arguments: [
        ("plain", "plain"), ("50 %", "50 %25"), ("é\n~\u{7F}", "%C3%A9%0A~%7F"), ("", ""), ("쿠폰", "%EC%BF%A0%ED%8F%B0"),
    ])
    func `the text of a gRPC error is printable`(message: String, encoded: String) {
        #expect(GRPCMessage.encoded(message) == encoded)
    }

    @Test func `codes have the numbers, words and statuses of the protocols`() {
        let table = RPCCode.allCases.map { "\($0.number) \($0.name) \($0.status.code)" }
        #expect(
            table == [
                "1 canceled 499", "2 unknown 500", "3 invalid_argument 400", "4 deadline_exceeded 504",
                "5 not_found 404", "6 already_exists 409", "7 permission_denied 403", "8 resource_exhausted 429",
                "9 failed_precondition 400", "10 aborted 409", "11 out_of_range 400", "12 unimplemented 501",
                "13 internal 500", "14 unavailable 503", "15 data_loss 500", "16 unauthenticated 401",
            ]
        )
    }
}
