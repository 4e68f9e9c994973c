/// The query of a unary GET: the message and what it is in.
///
/// Parameters come in any order, each once; unknown ones are refused.
package struct CallQuery: Sendable {
    /// The fault of a query.
    package enum Failure: Error, Hashable, Sendable {
        /// The form of the message is none of ours.
        case unknownEncoding
        case malformed(RPCError)
    }

    private static let names: Set<String> = ["connect", "encoding", "message", "base64", "compression"]

    package let codec: MessageCodec
    package let parameters: [(name: String, value: String)]
    /// The message, packed as the parameter `compression` says.
    package let message: [UInt8]

    /// `query` is what follows the `?`, as it was sent.
    package init(_ query: String?) throws(Failure) {
        var pairs: [(name: String, bytes: [UInt8])] = []
        for pair in (query ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try Self.decoded(parts[0])
            pairs.append((String(decoding: name, as: UTF8.self), parts.count > 1 ? try Self.decoded(parts[1]) : []))
        }
        self.parameters = pairs.map { ($0.name, String(decoding: $0.bytes, as: UTF8.self)) }
        guard Set(pairs.map(\.name)).isSubset(of: Self.names) else {
            throw .malformed(
                RPCError(
                    .invalidArgument,
                    "the parameters are 'connect', 'encoding', 'message', 'base64' and 'compression'"
                )
            )
        }
        guard Set(pairs.map(\.name)).count == pairs.count else {
            throw .malformed(RPCError(.invalidArgument, "a query parameter is given more than once"))
        }
        guard let encoding = self.parameters.first(where: { $0.name == "encoding" })?.value else {
            throw .malformed(RPCError(.invalidArgument, "the parameter 'encoding' is missing"))
        }
        guard let codec = MessageCodec(rawValue: encoding) else { throw .unknownEncoding }
        guard let text = pairs.first(where: { $0.name == "message" })?.bytes else {
            throw .malformed(RPCError(.invalidArgument, "the parameter 'message' is missing"))
        }
        self.codec = codec
        if self.parameters.contains(where: { $0.name == "base64" && $0.value == "1" }) {
            guard let bytes = Base64.decoded(String(decoding: text, as: UTF8.self)) else {
                throw .malformed(RPCError(.invalidArgument, "the parameter 'message' is not base64"))
            }
            self.message = bytes
        } else {
            self.message = text
        }
    }

    package subscript(_ name: String) -> String? { self.parameters.first { $0.name == name }?.value }

    /// Percent-decodes a name or value; `+` is a space, as forms write it.
    private static func decoded(_ text: Substring) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var rest = text.utf8.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.next().flatMap(Self.nibble), let low = rest.next().flatMap(Self.nibble) else {
                    throw .malformed(RPCError(.invalidArgument, "the query is not percent-encoded"))
                }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        return bytes
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        Character(UnicodeScalar(digit)).hexDigitValue.map(UInt8.init)
    }
}
