/// How long a caller wants to wait, as its header field says it.
package enum CallTimeout {
    /// The value of `Connect-Timeout-Ms`: at most ten digits.
    package static func connect(_ text: String) throws(RPCError) -> Duration {
        guard let milliseconds = Self.number(text.utf8[...], digits: 10) else {
            throw RPCError(.invalidArgument, "Connect-Timeout-Ms must be a number of at most 10 digits")
        }
        return .milliseconds(milliseconds)
    }

    /// The value of `grpc-timeout`: at most eight digits and a unit.
    package static func grpc(_ text: String) throws(RPCError) -> Duration {
        guard let unit = text.utf8.last.flatMap(Self.unit), let number = Self.number(text.utf8.dropLast(), digits: 8)
        else { throw RPCError(.invalidArgument, "grpc-timeout must be a number of at most 8 digits and a unit") }
        return unit * number
    }

    private static func number(_ digits: Substring.UTF8View, digits limit: Int) -> Int? {
        guard (1...limit).contains(digits.count),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    private static func unit(_ letter: UInt8) -> Duration? {
        switch letter {
        case UInt8(ascii: "H"): .seconds(3600)
        case UInt8(ascii: "M"): .seconds(60)
        case UInt8(ascii: "S"): .seconds(1)
        case UInt8(ascii: "m"): .milliseconds(1)
        case UInt8(ascii: "u"): .microseconds(1)
        case UInt8(ascii: "n"): .nanoseconds(1)
        default: nil
        }
    }
}
