import FoundationEssentials

/// When a receiver wants to be asked again (RFC 9110, section 10.2.3): a number of seconds, or a date.
package enum RetryAfter {
    /// No wait is read as longer: a day.
    ///
    /// The receiver's text is untrusted input like any other.
    private static let longestSeconds: Double = 86_400

    /// How long to wait; `nil` when the text says nothing.
    ///
    /// A date counts from `date`, the `Date` of the same answer, because the receiver's clock made both; without one it
    /// counts from `now`, in seconds since 1970.
    package static func delay(_ text: String, date: String?, now: Double) -> Duration? {
        let words = text.trimmed
        if !words.isEmpty, words.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            // More digits than a number has are a long time.
            return .seconds(min(Double(words) ?? self.longestSeconds, self.longestSeconds))
        }
        guard let wanted = HTTPDateText.seconds(words) else { return nil }
        let origin = date.flatMap { HTTPDateText.seconds($0.trimmed) }.map(Double.init) ?? now
        return .seconds(min(max(Double(wanted) - origin, 0), self.longestSeconds))
    }
}

extension OutboundResponse {
    /// How long the receiver wants us to wait, at most a day; `nil` when it does not say.
    package var retryAfter: Duration? {
        self["retry-after"].flatMap {
            RetryAfter.delay($0, date: self["date"], now: Date().timeIntervalSince1970)
        }
    }
}

/// A date of HTTP in any of its three forms (RFC 9110, section 5.6.7).
package enum HTTPDateText {
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    /// Seconds since 1970; `nil` for what is no date.
    package static func seconds(_ text: String) -> Int64? {
        let words = text.lowercased().split { " ,-".contains($0) }
        // `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`.
        if words.count == 6, words[5] == "gmt" {
            return self.seconds(year: words[3], month: words[2], day: words[1], time: words[4])
        }
        guard words.count == 5 else { return nil }
        return self.seconds(year: words[4], month: words[1], day: words[2], time: words[3])
    }

    private static func seconds(year: Substring, month: Substring, day: Substring, time: Substring) -> Int64? {
        let parts = time.split(separator: ":", omittingEmptySubsequences: false).map(self.number)
        guard let month = self.months.firstIndex(of: String(month)), let day = self.number(day), (1...31).contains(day),
            let year = self.year(year), parts.count == 3, let hour = parts[0], let minute = parts[1],
            let second = parts[2], hour < 24, minute < 60, second <= 60
        else { return nil }
        // See https://howardhinnant.github.io/date_algorithms.html#days_from_civil; a year begins with March.
        let shifted = Int64(month) >= 2 ? year : year - 1
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * ((Int64(month) + 10) % 12) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        return days * 86_400 + hour * 3600 + minute * 60 + second
    }

    /// Of two digits the last years of the century before are meant from 70 on.
    private static func year(_ text: Substring) -> Int64? {
        guard let number = self.number(text) else { return nil }
        switch text.utf8.count {
        case 2: return number < 70 ? 2000 + number : 1900 + number
        case 4: return number
        default: return nil
        }
    }

    private static func number(_ text: Substring) -> Int64? {
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int64(text)
    }
}

extension String {
    fileprivate var trimmed: String {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        return String(self.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
