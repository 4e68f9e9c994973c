/// A reading of the monotonic clock, handed to the machines by those who may look at it.
package struct Uptime: Hashable, Comparable, Sendable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    package static func < (one: Uptime, other: Uptime) -> Bool { one.nanoseconds < other.nanoseconds }

    /// A later reading; one too far away for 64 bits is the last one there is.
    package static func + (uptime: Uptime, duration: Duration) -> Uptime {
        let (sum, isTooFar) = uptime.nanoseconds.addingReportingOverflow(duration.wholeNanoseconds)
        return Uptime(nanoseconds: isTooFar ? .max : sum)
    }

    package static func - (later: Uptime, earlier: Uptime) -> Duration {
        .nanoseconds(later.nanoseconds.subtractingReportingOverflow(earlier.nanoseconds).partialValue)
    }
}

extension Duration {
    /// Rounds down, and stops at what 64 bits hold: 292 years.
    package var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = self.components
        let (scaled, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if isTooLong { return seconds < 0 ? .min : .max }
        let (sum, isTooFar) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        if isTooFar { return seconds < 0 ? .min : .max }
        return sum
    }
}
