package import SwiftProtobuf

/// Times as people write and read them.
package enum TimeText {
    /// RFC 3339, as `2026-11-21T02:15:00.125Z`.
    package static func text(_ time: Google_Protobuf_Timestamp) -> String {
        // Only years before 1 and after 9999 have no such text.
        guard let json = try? time.jsonString() else { return "\(time.seconds) s" }
        return String(json.dropFirst().dropLast())
    }

    /// Reads RFC 3339 with `Z` or an offset; `nil` for anything else.
    package static func time(_ text: String) -> Google_Protobuf_Timestamp? {
        let isPlain = text.utf8.allSatisfy {
            (0x2B...0x3A).contains($0) || $0 == UInt8(ascii: "T") || $0 == UInt8(ascii: "Z")
        }
        // Why it is none does not matter here, only that it is none.
        return isPlain ? try? Google_Protobuf_Timestamp(jsonString: "\"\(text)\"") : nil
    }
}
