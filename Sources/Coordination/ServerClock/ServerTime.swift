package import RESP

/// An instant by Redis's clock: the only one on which all instances agree.
package struct ServerTime: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970 UTC.
    package let milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Reads the answer of `TIME`: seconds and microseconds.
    package init?(timeReply reply: RESPValue) {
        guard let parts = reply.array, parts.count == 2, let seconds = parts[0].integerValue,
            let microseconds = parts[1].integerValue
        else { return nil }
        self.init(milliseconds: seconds * 1000 + microseconds / 1000)
    }

    package static func < (one: ServerTime, other: ServerTime) -> Bool { one.milliseconds < other.milliseconds }

    /// The start of the window of `length` milliseconds in which this instant lies; windows begin at 1970.
    package func windowStart(lengthMilliseconds length: Int64) -> ServerTime {
        let remainder = self.milliseconds % length
        return ServerTime(milliseconds: self.milliseconds - (remainder < 0 ? remainder + length : remainder))
    }

    package func advanced(byMilliseconds distance: Int64) -> ServerTime {
        ServerTime(milliseconds: self.milliseconds + distance)
    }
}
