import Ledger
import Testing

struct MoneyTests {
    @Test(
        arguments: [
            ("500", 50_000), ("0.01", 1), ("0.1", 10), ("12.50", 1250), ("99.99", 9999),
            ("100000000000", 10_000_000_000_000),
            ("100000000000.00", 10_000_000_000_000), ("90071992547.41", 9_007_199_254_741), ("1.10", 110),
        ]
    )
    func `an amount is read exactly`(text: String, units: Int64) throws {
        #expect(try Money(amount: text, .usd).minorUnits == units)
    }

    @Test(
        arguments: [
            "", "0", "0.00", "-5", "-0", "+5", " 5", "5 ", "1e2", "1E2", "NaN", "Infinity", "inf", "0x10", "1.005",
            "1.",
            ".5", "01", "00.5", "1,000", "1.0.0", "１", "5\n", "12.505", "--1", "1_000",
        ]
    )
    func `what is no amount is refused`(text: String) {
        #expect(throws: Money.Failure.invalid) { try Money(amount: text, .usd) }
    }

    @Test(
        arguments: [
            "100000000000.01", "9007199254740993", "9223372036854775807", "9223372036854775808",
            "10000000000000000000000000000000000000000", "100000000001",
        ]
    )
    func `an amount beyond the limit is out of range`(text: String) {
        #expect(throws: Money.Failure.outOfRange) { try Money(amount: text, .usd) }
    }

    @Test func `the places are the currency's`() throws {
        let yen = try #require(Currency(code: "JPY"))
        let dinar = try #require(Currency(code: "KWD"))
        #expect(try Money(amount: "500", yen).minorUnits == 500)
        #expect(throws: Money.Failure.invalid) { try Money(amount: "500.0", yen) }
        #expect(try Money(amount: "1.005", dinar).minorUnits == 1005)
        #expect(Money(minorUnits: 500).text(yen) == "500")
        #expect(Money(minorUnits: 5).text(dinar) == "0.005")
        #expect(dinar.display(Money(minorUnits: 1005)) == "KWD 1.005")
        #expect(Currency(code: "usd") == nil && Currency(code: "US") == nil && Currency(code: "USDT") == nil)
    }

    @Test(arguments: [
        (0, "0.00"), (1, "0.01"), (-5, "-0.05"), (-12_345, "-123.45"), (9_007_199_254_740_991, "90071992547409.91"),
    ])
    func `an amount is written with all its places`(units: Int64, text: String) {
        #expect(Money(minorUnits: units).text(.usd) == text)
        #expect(Currency.usd.display(Money(minorUnits: units)) == "$" + text)
    }

    @Test(arguments: ["a", "A-z_0", String(repeating: "x", count: 64)])
    func `a user has a safe name`(text: String) { #expect(UserID(text)?.text == text) }

    @Test(arguments: [
        "", "..", "a.b", "a b", "a%20", "é", "{a}", "a:b", "*", "~world", String(repeating: "x", count: 65),
    ])
    func `an unsafe name is no user`(text: String) { #expect(UserID(text) == nil) }

    @Test func `an entry is read as it was written, and nothing else is an entry`() throws {
        let packed = "7 - 9 1250 4000 add 1795228500123 =INV-7 0123456789abcdef0123456789abcdef01234567"
        let entry = try #require(Entry(packed: packed))
        #expect("\(entry.body) \(entry.chain)" == packed)
        #expect(entry.reference == "INV-7" && entry.operation == nil && entry.sequence == 7 && entry.token == 9)
        #expect(entry.transactionID(UserID("gopal")!) == "gopal.7")
        for broken in [
            "", packed + " x", packed.replacing("add", with: "gift"), packed.replacing("1250", with: "12.50"), "7 - 9",
        ] {
            #expect(Entry(packed: broken) == nil)
        }
    }
}
