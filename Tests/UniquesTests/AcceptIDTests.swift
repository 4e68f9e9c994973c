import Testing
import Uniques

struct AcceptIDTests {
    @Test(arguments: [
        ("0", 0), ("-0", 0), ("1", 1), ("-1", -1), ("007", 7), ("9223372036854775807", Int64.max),
        ("-9223372036854775808", Int64.min),
    ])
    func `an integer of 64 bits is an id`(text: String, id: Int64) {
        #expect(AcceptID.parse(text[...]) == id)
    }

    @Test(arguments: [
        "", "-", "+1", " 1", "1 ", "1.0", "0x1", "1e3", "１", "٣", "9223372036854775808", "-9223372036854775809",
        "99999999999999999999", "00000000000000000001", "1_000", "--1", "1-", "abc", "\u{0}1",
    ])
    func `anything else is none`(text: String) {
        #expect(AcceptID.parse(text[...]) == nil)
    }
}
