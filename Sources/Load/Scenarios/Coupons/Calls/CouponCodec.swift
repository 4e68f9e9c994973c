package import SwiftProtobuf

/// How messages of Connect calls are written.
package enum CouponCodec: String, Hashable, Sendable, CaseIterable {
    case protobuf
    case json

    package var contentType: String {
        switch self {
        case .protobuf: "application/proto"
        case .json: "application/json"
        }
    }

    package func encode(_ message: some Message) -> [UInt8] {
        // Fails for required fields and for times before the year 1 or after 9999, and there are none.
        switch self {
        case .protobuf: (try? message.serializedBytes()) ?? []
        case .json: (try? message.jsonUTF8Bytes()) ?? []
        }
    }

    /// Nil when the bytes are no such message; fields that we do not know are passed over.
    package func decode<Output: Message>(_ type: Output.Type, _ bytes: [UInt8]) -> Output? {
        var options = JSONDecodingOptions()
        options.ignoreUnknownFields = true
        // Why it cannot be read does not matter here, only that it cannot.
        return switch self {
        case .protobuf: try? Output(serializedBytes: bytes)
        case .json: try? Output(jsonUTF8Bytes: bytes, options: options)
        }
    }
}
