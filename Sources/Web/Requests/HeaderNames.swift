package import HTTPTypes

// The names are constants of ours and valid, so making them cannot fail.
// swift-format-ignore: NeverForceUnwrap
extension HTTPField.Name {
    package static let requestID = HTTPField.Name("X-Request-Id")!
    package static let traceparent = HTTPField.Name("traceparent")!
    package static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
    package static let idempotentReplayed = HTTPField.Name("Idempotent-Replayed")!
    package static let prefer = HTTPField.Name("Prefer")!
    package static let preferenceApplied = HTTPField.Name("Preference-Applied")!
    package static let durability = HTTPField.Name("Durability")!
    package static let purpose = HTTPField.Name("Purpose")!
    package static let secPurpose = HTTPField.Name("Sec-Purpose")!
    package static let xMoz = HTTPField.Name("X-Moz")!
    package static let xPurpose = HTTPField.Name("X-Purpose")!
    package static let lastEventID = HTTPField.Name("Last-Event-ID")!
    package static let accelBuffering = HTTPField.Name("X-Accel-Buffering")!
    package static let unique = HTTPField.Name("X-Unique")!
    package static let uniqueMinute = HTTPField.Name("X-Unique-Minute")!
}

/// The header that joins our part of a trace to its caller's (W3C Trace Context, version 00).
package enum TraceParent {
    package static func isValid(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, parts.map(\.utf8.count) == [2, 32, 16, 2] else { return false }
        return parts.allSatisfy { part in
            part.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            }
        }
    }
}
