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

    /// Reads RFC 3339 in UTC with `Z` and whole seconds, in the years 1970 to 9999; `nil` for anything else.
    package init?(rfc3339 text: String) {
        let pattern = "dddd-dd-ddTdd:dd:ddZ"
        guard text.utf8.count == pattern.utf8.count,
            zip(text.utf8, pattern.utf8).allSatisfy({ byte, wanted in
                wanted == UInt8(ascii: "d") ? (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) : byte == wanted
            }),
            let date = try? Date(text, strategy: .iso8601), date.timeIntervalSince1970 >= 0
        else { return nil }
        self.init(milliseconds: Int64(date.timeIntervalSince1970) * 1000)
        // The library rolls the 30th of February over; what does not come back the same was no date.
        guard self.rfc3339 == text else { return nil }
    }
}
