/// The answer to a request, as far as it was read.
package struct OutboundResponse: Sendable {
    /// 200 to 599; interim answers are skipped, and redirects are answers like any other.
    package let status: Int
    /// Names in lower case, in the order they came, at most ``OutboundConfiguration/headerLimit`` bytes together.
    package let headers: [(name: String, value: String)]
    /// At most the request's body limit, as it came: nothing is unpacked.
    package let body: [UInt8]
    /// Whether there was more body than ``body``.
    package let isBodyCut: Bool

    package init(status: Int, headers: [(name: String, value: String)], body: [UInt8], isBodyCut: Bool) {
        self.status = status
        self.headers = headers
        self.body = body
        self.isBodyCut = isBodyCut
    }

    /// The first value of a header; `name` in lower case.
    package subscript(_ name: String) -> String? {
        self.headers.first { $0.name == name }?.value
    }
}
