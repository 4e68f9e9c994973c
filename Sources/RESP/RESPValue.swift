package import NIOCore

/// One whole reply of Redis, in the five shapes of RESP2.
package enum RESPValue: Hashable, Sendable {
    /// A short word such as `OK`.
    case status(String)
    /// A refusal: its class in capitals, then a text for people.
    case error(String)
    case bulk(ByteBuffer)
    case integer(Int64)
    /// A missing bulk or a missing array: RESP2 has two spellings for one idea.
    case null
    case array([RESPValue])
}

extension RESPValue {
    /// The text of a status or a bulk, with anything that is not UTF-8 replaced; `nil` for the other shapes.
    package var string: String? {
        switch self {
        case .status(let text): text
        case .bulk(let bytes): String(buffer: bytes)
        case .error, .integer, .null, .array: nil
        }
    }

    /// An integer, or a bulk that spells one in decimal exactly as Redis does; `nil` for the rest.
    package var integerValue: Int64? {
        switch self {
        case .integer(let value): value
        case .bulk(let bytes): Self.decimal(bytes.readableBytesView)
        case .status, .error, .null, .array: nil
        }
    }

    /// The elements of an array; `nil` for the other shapes.
    package var array: [RESPValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// Reads `-?[0-9]+` without an intermediate string, or nothing when it does not fit.
    private static func decimal(_ bytes: ByteBufferView) -> Int64? {
        var digits = bytes[...]
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits = digits.dropFirst() }
        guard !digits.isEmpty, digits.count <= 19 else { return nil }

        var value: Int64 = 0
        for byte in digits {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            let digit = Int64(byte - UInt8(ascii: "0"))
            let (tens, isTooBig) = value.multipliedReportingOverflow(by: 10)
            // Counts downwards for negative numbers, because the least Int64 has no positive twin.
            let (next, isTooFar) =
                isNegative ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
            if isTooBig || isTooFar { return nil }
            value = next
        }
        return value
    }
}
