import Foundation
import Telemetry
import Testing

struct LogPartsTests {
    @Test(arguments: 0..<200)
    func `a timestamp is what a formatter says, from year 1583 to 9999`(seed: Int) {
        var random = Seeded(UInt64(seed))
        // From 1583, because before the calendar of 1582 the formatter counts in another one.
        let seconds = Int64.random(in: -12_212_553_600..<253_402_300_800, using: &random)
        let date = Date(timeIntervalSince1970: Double(seconds))
        let style = Date.ISO8601FormatStyle(timeZone: .gmt)
        let text = LogTimestamp.text(microsecondsSinceEpoch: seconds * 1_000_000 + 123)
        #expect(text == style.format(date).dropLast() + ".000123Z")
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (951_827_696_000_001, "2000-02-29T12:34:56.000001Z"),
        (4_107_542_399_999_999, "2100-02-28T23:59:59.999999Z"),
        (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
    ])
    func `known instants have known texts`(instant: Int64, text: String) {
        #expect(LogTimestamp.text(microsecondsSinceEpoch: instant) == text)
    }
}
