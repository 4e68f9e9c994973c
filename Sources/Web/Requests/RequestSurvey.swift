package import HTTPTypes
package import NIOHTTP1

/// The facts in one request's header fields that concern every route, read in one pass.
package struct RequestSurvey {
    package private(set) var hosts = 0
    package private(set) var host = ""
    package private(set) var requestID: String?
    /// As it was sent, valid or not.
    package private(set) var traceparent: String?
    /// The length that the client announced; `nil` when it announced none.
    package private(set) var contentLength: Int?
    package private(set) var isChunked = false
    /// Whether the body is framed in a way that this service does not read, or in two ways at once.
    package private(set) var hasUnknownFraming = false
    package private(set) var expectation: String?
    /// Whether the request depends on a condition, or is made ahead of a visitor: nothing for a hot route.
    package private(set) var isConditional = false
    /// Whether the client wants to speak something else on this connection.
    package private(set) var wantsUpgrade = false

    private var requestIDs = 0

    package init(_ headers: HTTPHeaders) {
        for (name, value) in headers { self.read(name, value) }
    }

    /// The same of a request of HTTP/2, whose authority is the host; a `Host` that contradicts it is a second one.
    package init(_ request: HTTPRequest) {
        for field in request.headerFields { self.read(field.name.canonicalName, field.value) }
        guard let authority = request.authority else { return }
        self.hosts = self.hosts == 0 || self.hosts == 1 && self.host == authority ? 1 : 2
        self.host = authority
    }

    @inline(__always)
    private mutating func read(_ name: String, _ value: String) {
        // The length tells most names apart, so that the slow comparison is rarely made.
        switch name.utf8.count {
        case 4 where Self.isEqual(name, "host"):
            self.hosts += 1
            self.host = value
        case 5 where Self.isEqual(name, "x-moz"): self.isConditional = true
        case 6 where Self.isEqual(name, "expect"): self.expectation = value
        case 7 where Self.isEqual(name, "upgrade"): self.wantsUpgrade = true
        case 7 where Self.isEqual(name, "purpose"): self.isConditional = true
        case 8 where Self.isEqual(name, "if-match") || Self.isEqual(name, "if-range"): self.isConditional = true
        case 9 where Self.isEqual(name, "x-purpose"): self.isConditional = true
        case 11 where Self.isEqual(name, "traceparent"): self.traceparent = value
        case 11 where Self.isEqual(name, "sec-purpose"): self.isConditional = true
        case 12 where Self.isEqual(name, "x-request-id"):
            self.requestIDs += 1
            self.requestID = self.requestIDs == 1 && RequestID.isValid(value) ? value : nil
        case 13 where Self.isEqual(name, "if-none-match"): self.isConditional = true
        case 14 where Self.isEqual(name, "content-length"):
            // The parser accepts only digits and a single value; more digits than fit are simply too many.
            self.contentLength = Int(value) ?? .max
        case 17 where Self.isEqual(name, "transfer-encoding"):
            // A body in a further coding would reach a route as it is; two fields are one list.
            let isPlain = value.lowercased().split { $0 == " " || $0 == "\t" } == ["chunked"]
            self.hasUnknownFraming = self.hasUnknownFraming || self.isChunked || !isPlain
            self.isChunked = true
        case 17 where Self.isEqual(name, "if-modified-since"): self.isConditional = true
        case 19 where Self.isEqual(name, "if-unmodified-since"): self.isConditional = true
        default: break
        }
    }

    package var hasBody: Bool { self.isChunked || (self.contentLength ?? 0) > 0 }

    /// ASCII comparison that ignores case; `lowercased` must be of the same length.
    private static func isEqual(_ name: String, _ lowercased: String) -> Bool {
        let given = name.utf8Span.span
        let wanted = lowercased.utf8Span.span
        for index in given.indices where given[index] | 0x20 != wanted[index] { return false }
        return true
    }
}
