/// A wall-clock instant as RFC 3339 in UTC with microseconds, like `2026-11-21T02:15:00.000001Z`.
///
/// Written by hand, because a formatter would pull full Foundation and its tables into every process.
package enum LogTimestamp {
    /// The text of an instant given in microseconds since 1970, for years 0 to 9999.
    package static func text(microsecondsSinceEpoch instant: Int64) -> String {
        var bytes: [UInt8] = []
        Self.append(instant, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    package static func append(_ instant: Int64, to bytes: inout [UInt8]) {
        let (second, microsecond) = Self.floorDivide(instant, by: 1_000_000)
        let (day, secondOfDay) = Self.floorDivide(second, by: 86400)
        let date = Self.civilDate(daysSinceEpoch: day)
        Self.append(date.year, digits: 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        Self.append(date.month, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        Self.append(date.day, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: "T"))
        Self.append(secondOfDay / 3600, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        Self.append(secondOfDay / 60 % 60, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        Self.append(secondOfDay % 60, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: "."))
        Self.append(microsecond, digits: 6, to: &bytes)
        bytes.append(UInt8(ascii: "Z"))
    }

    /// Howard Hinnant's `civil_from_days`: years start in March, so the leap day comes last.
    ///
    /// See https://howardhinnant.github.io/date_algorithms.html#civil_from_days.
    private static func civilDate(daysSinceEpoch: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = Self.floorDivide(daysSinceEpoch + 719468, by: 146097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func floorDivide(_ value: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func append(_ value: Int64, digits: Int, to bytes: inout [UInt8]) {
        let start = bytes.count
        var rest = value
        for _ in 0..<digits {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        }
        bytes[start...].reverse()
    }
}
