package import SwiftProtobuf

extension Google_Protobuf_Timestamp {
    /// Milliseconds since 1970, rounded down; the year 1 to 9999, as a valid one is, and 0 for others.
    package var wholeMilliseconds: Int64 {
        guard (-62_135_596_800...253_402_300_799).contains(self.seconds), (0...999_999_999).contains(self.nanos)
        else { return 0 }
        return self.seconds * 1000 + Int64(self.nanos / 1_000_000)
    }

    /// A time that is not before 1970.
    package init(wholeMilliseconds: Int64) {
        let (seconds, rest) = wholeMilliseconds.quotientAndRemainder(dividingBy: 1000)
        self.init(seconds: seconds, nanos: Int32(rest) * 1_000_000)
    }
}
