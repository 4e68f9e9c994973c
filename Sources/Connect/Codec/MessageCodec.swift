import JSON
package import SwiftProtobuf

/// The two forms of a message on the wire.
package enum MessageCodec: String, CaseIterable, Hashable, Sendable {
    case proto
    case json

    /// Reads a message; unknown fields are skipped.
    ///
    /// Bytes in JSON must have passed ``JSONRules``.
    package func decode<M: Message>(_ bytes: [UInt8], as type: M.Type = M.self) throws(RPCError) -> M {
        do {
            switch self {
            case .proto: return try M(serializedBytes: bytes)
            case .json:
                var options = JSONDecodingOptions()
                options.ignoreUnknownFields = true
                return try M(jsonUTF8Bytes: JSONEscapes.withoutPairs(bytes), options: options)
            }
        } catch {
            // The library's own words may hold what the caller sent.
            throw RPCError(.invalidArgument, "the message is not a \(M.protoMessageName) in \(self.rawValue)")
        }
    }

    func encode(_ message: some Message) throws(RPCError) -> [UInt8] {
        do {
            switch self {
            case .proto: return try message.serializedBytes()
            case .json: return try message.jsonUTF8Bytes()
            }
        } catch {
            throw .withoutReason
        }
    }
}
