import FoundationEssentials

extension ServerTime {
    /// The instant as RFC 3339 in UTC, in whole seconds rounded down: `2026-11-21T02:15:00Z`.
    package var rfc3339: String {
        let seconds = self.milliseconds >= 0 ? self.milliseconds / 1000 : (self.milliseconds - 999) / 1000
        return Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }

    /// The instant as RFC 3339 in UTC with milliseconds: `2026-11-21T02:15:00.123Z`.
    package var rfc3339Milliseconds: String {
        let rest = String(((self.milliseconds % 1000) + 1000) % 1000)
        return "\(self.rfc3339.dropLast()).\(String(repeating: "0", count: 3 - rest.utf8.count))\(rest)Z"
    }

    /// The instant as RFC 3339 in UTC, with milliseconds when it has any.
    package var rfc3339Shortest: String { self.milliseconds % 1000 == 0 ? self.rfc3339 : self.rfc3339Milliseconds }

    /// Where an instant goes that lies between two milliseconds.
    package enum Rounding: Sendable {
        case earlier
        case later
    }

    /// Reads RFC 3339 in UTC with `Z`, without a fraction or with one of 1 to 9 digits; `nil` for anything else.
    ///
    /// The one reader of times that requests and commands bring, of the years 1970 to 9999. A lower bound, and an upper
    /// one that is not part of what it bounds, are rounded later; an upper one that is part of it is rounded earlier:
    /// nothing that lies outside gets in.
    package init?(rfc3339 text: String, rounding: Rounding = .earlier) {
        let pattern = "dddd-dd-ddTdd:dd:dd"
        let head = text.utf8.prefix(pattern.utf8.count)
        guard head.count == pattern.utf8.count,
            zip(head, pattern.utf8).allSatisfy({ byte, wanted in
                wanted == UInt8(ascii: "d") ? Self.isDigit(byte) : byte == wanted
            }),
            let nanoseconds = Self.nanoseconds(text.utf8.dropFirst(head.count))
        else { return nil }
        let whole = String(decoding: head, as: UTF8.self) + "Z"
        // A text that the library cannot read either is no date.
        guard let date = try? Date(whole, strategy: .iso8601), date.timeIntervalSince1970 >= 0 else { return nil }
        let seconds = ServerTime(milliseconds: Int64(date.timeIntervalSince1970) * 1000)
        // The library rolls the 30th of February over; a date that does not come back the same was none.
        guard seconds.rfc3339 == whole else { return nil }
        let rest = rounding == .earlier ? nanoseconds / 1_000_000 : (nanoseconds + 999_999) / 1_000_000
        self.init(milliseconds: min(seconds.milliseconds + rest, Self.latest))
    }

    /// 9999-12-31T23:59:59.999Z: a year has four digits.
    private static let latest: Int64 = 253_402_300_799_999

    /// Reads `Z`, or a fraction of a second and `Z`.
    private static func nanoseconds(_ text: Substring.UTF8View) -> Int64? {
        guard text.last == UInt8(ascii: "Z") else { return nil }
        let fraction = text.dropLast()
        guard !fraction.isEmpty else { return 0 }
        let digits = fraction.dropFirst()
        guard fraction.first == UInt8(ascii: "."), (1...9).contains(digits.count), digits.allSatisfy(Self.isDigit)
        else { return nil }
        return Int64(String(decoding: digits, as: UTF8.self) + String(repeating: "0", count: 9 - digits.count))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
