import Outbound
import Testing

/// The wait that `Retry-After` names, in each form that HTTP has for it.
struct RetryAfterTests {
    /// 06 Nov 1994 08:49:37, the example of RFC 9110.
    private static let example: Int64 = 784_111_777

    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        "sun, 06 nov 1994 08:49:37 gmt",
    ])
    func `all three forms of a date are read`(text: String) {
        #expect(HTTPDateText.seconds(text) == Self.example)
    }

    @Test(
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000),
            ("Fri, 01 Mar 2024 12:00:00 GMT", 1_709_294_400), ("Tue, 01 Dec 2026 00:18:21 GMT", 1_796_084_301),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
        ] as [(String, Int64)]
    )
    func `a date is its seconds since 1970`(text: String, seconds: Int64) {
        #expect(HTTPDateText.seconds(text) == seconds)
    }

    @Test(arguments: [
        "", "GMT", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nom 1994 08:49:37 GMT", "Sun, 06 Nov 194 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 1994 08:49:-7 GMT", "1994-11-06T08:49:37Z",
    ])
    func `what is no date says nothing`(text: String) {
        #expect(HTTPDateText.seconds(text) == nil)
        #expect(RetryAfter.delay(text, date: nil, now: 0) == nil)
    }

    @Test(
        arguments: [
            ("5", 5), ("0", 0), (" 7\t", 7), ("86400", 86_400), ("86401", 86_400), ("99999999999999999999", 86_400),
            ("-3", nil), ("+3", nil), ("1.5", nil), ("1s", nil), ("", nil), ("５", nil),
        ] as [(String, Int?)]
    )
    func `seconds are digits, and a day at most`(text: String, seconds: Int?) {
        #expect(RetryAfter.delay(text, date: nil, now: 0) == seconds.map { Duration.seconds($0) })
    }

    @Test func `a date counts from the date of its answer, and from our clock without one`() {
        let text = "Sun, 06 Nov 1994 08:49:37 GMT"
        let now = Double(Self.example)
        #expect(RetryAfter.delay(text, date: "Sun, 06 Nov 1994 08:49:31 GMT", now: 0) == .seconds(6))
        #expect(RetryAfter.delay(text, date: nil, now: now - 6) == .seconds(6))
        #expect(RetryAfter.delay(text, date: "yesterday", now: now - 2.5) == .seconds(2.5))
        #expect(RetryAfter.delay(text, date: nil, now: now + 6) == .zero)
        #expect(RetryAfter.delay(text, date: nil, now: 0) == .seconds(86_400))
    }

    @Test func `an answer says it by its fields`() {
        let fields = [("date", "Sun, 06 Nov 1994 08:49:31 GMT"), ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")]
        let response = OutboundResponse(
            status: 503,
            headers: fields.map { (name: $0.0, value: $0.1) },
            body: [],
            isBodyCut: false
        )
        #expect(response.retryAfter == .seconds(6))
        #expect(OutboundResponse(status: 503, headers: [], body: [], isBodyCut: false).retryAfter == nil)
    }
}
