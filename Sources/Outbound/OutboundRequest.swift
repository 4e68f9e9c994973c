/// One HTTP request to another system.
package struct OutboundRequest: Sendable {
    package enum Method: String, Hashable, Sendable {
        case get = "GET"
        case post = "POST"
    }

    package var method: Method
    package var endpoint: Endpoint
    /// In the order they are sent.
    ///
    /// Names of this layer (`host`, `content-length`, `connection` …) are refused, and so is what would end a line.
    package var headers: [(name: String, value: String)]
    /// Sent with `POST` only.
    package var body: [UInt8]
    /// From the call to the last byte of the answer; default ``OutboundConfiguration/totalTimeout``.
    package var timeout: Duration?
    /// Bytes of the answer's body that are read; default ``OutboundConfiguration/bodyLimit``.
    package var bodyLimit: Int?
    /// Whether it may go out twice when a kept connection turns out to be dead, which nobody can tell from a lost
    /// answer.
    ///
    /// Default: `GET` may, `POST` may not and ends as ``OutboundError/outcomeUnknown(_:)`` then. Set it where the
    /// request carries an idempotency key.
    package var isRepeatable: Bool

    package init(
        _ method: Method,
        _ endpoint: Endpoint,
        headers: [(name: String, value: String)] = [],
        body: [UInt8] = [],
        timeout: Duration? = nil,
        bodyLimit: Int? = nil,
        isRepeatable: Bool? = nil
    ) {
        self.method = method
        self.endpoint = endpoint
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.bodyLimit = bodyLimit
        self.isRepeatable = isRepeatable ?? (method == .get)
    }

    /// Whether every header stays the one header it is meant to be.
    package var isWellFormed: Bool {
        let ours = [
            "host", "content-length", "transfer-encoding", "connection", "expect", "te", "trailer", "upgrade",
            "user-agent", "accept-encoding", "proxy-authorization",
        ]
        return (self.timeout ?? .seconds(1)) > .zero && (self.bodyLimit ?? 0) >= 0
            && self.headers.allSatisfy { name, value in
                !name.isEmpty && name.utf8.allSatisfy(Self.isToken) && !ours.contains(name.lowercased())
                    && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
            }
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}
