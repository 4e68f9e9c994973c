/// Why one call of a batch has no result.
package enum RPCFault: Error, Hashable, Sendable {
    /// The node said why.
    case refused(RPCRefusal)
    /// The batch was answered, and this call was not in it.
    case missing
    /// The answer is not what the method answers, or came twice.
    case malformed
}

/// An `error` of JSON-RPC, cut short and made fit for logs.
package struct RPCRefusal: Hashable, Sendable {
    /// The longest text that is kept, in characters.
    package static let textLimit = 400

    package let code: Int64?
    /// The node's words.
    package let text: String
    /// Other words that came as data: a wrapper's "internal error" has the node's own words there.
    package let detail: String

    package init(code: Int64?, text: String, detail: String = "") {
        self.code = code
        self.text = Self.printable(text)
        self.detail = Self.printable(detail)
    }

    /// Whether the node wants fewer calls, not others.
    package var isRateLimit: Bool { RefusalKind(self) == .rateLimited }

    /// Whether the node takes fewer calls in one batch.
    package var isBatchTooLarge: Bool { RefusalKind(self) == .batchTooLarge }

    /// Whether the node does not have the method that was called, or not for us.
    package var isMethodMissing: Bool {
        let words = self.text.lowercased()
        return self.code == -32601 || self.code == -32004
            || [
                "does not exist", "method not", "not supported", "unsupported", "unknown method", "whitelist",
                "is disabled",
            ].contains { words.contains($0) }
    }

    /// Visible ASCII only: a log line is no place for what a stranger's node may send.
    private static func printable(_ text: String) -> String {
        let bytes = text.unicodeScalars.prefix(Self.textLimit).map { scalar in
            (0x20..<0x7F).contains(scalar.value) ? UInt8(scalar.value) : UInt8(ascii: "?")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
