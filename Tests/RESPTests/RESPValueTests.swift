import NIOCore
import RESP
import Testing

@Suite struct `RESP value` {
    @Test(arguments: [
        ("0", 0), ("-1", -1), ("9223372036854775807", Int64.max), ("-9223372036854775808", .min), ("007", 7),
    ])
    func `a decimal bulk is an integer`(text: String, value: Int64) {
        #expect(RESPValue.bulk(ByteBuffer(string: text)).integerValue == value)
    }

    @Test(arguments: [
        "", "-", "+1", "1 ", " 1", "1.0", "1e2", "9223372036854775808", "-9223372036854775809", "٣", "--1",
    ])
    func `anything else is none`(text: String) {
        #expect(RESPValue.bulk(ByteBuffer(string: text)).integerValue == nil)
    }

    @Test func `each accessor answers for its own shapes only`() {
        #expect(RESPValue.status("OK").string == "OK")
        #expect(RESPValue.bulk(ByteBuffer(string: "a")).string == "a")
        #expect(RESPValue.error("ERR").string == nil)
        #expect(RESPValue.null.string == nil)
        #expect(RESPValue.integer(3).integerValue == 3)
        #expect(RESPValue.integer(3).string == nil)
        #expect(RESPValue.array([.null]).array == [.null])
        #expect(RESPValue.null.array == nil)
        #expect(RESPValue.status("1").integerValue == nil)
    }
}
