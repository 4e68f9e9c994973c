import FoundationEssentials

/// The `Date` of answers (RFC 9110, section 5.6.7), made once a second.
package struct HTTPDate {
    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    private static let calendar: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()

    private var second: Int64 = .min
    private var text = ""

    package init() {}

    package mutating func now() -> String {
        let second = Int64(Date().timeIntervalSince1970.rounded(.down))
        if second != self.second {
            self.second = second
            self.text = Self.text(ofSecond: second)
        }
        return self.text
    }

    package static func text(ofSecond second: Int64) -> String {
        let parts = Self.calendar.dateComponents(
            [.year, .month, .day, .weekday, .hour, .minute, .second],
            from: Date(timeIntervalSince1970: Double(second))
        )
        let day = Self.days[((parts.weekday ?? 1) - 1) % 7]
        let month = Self.months[((parts.month ?? 1) - 1) % 12]
        let clock = [parts.hour, parts.minute, parts.second].map { Self.twoDigits($0 ?? 0) }.joined(separator: ":")
        return "\(day), \(Self.twoDigits(parts.day ?? 1)) \(month) \(parts.year ?? 1970) \(clock) GMT"
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}
