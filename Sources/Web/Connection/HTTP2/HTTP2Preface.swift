/// The first bytes of a connection that speaks HTTP/2 without having asked (RFC 9113, section 3.4).
enum HTTP2Preface {
    enum Match: Hashable, Sendable {
        /// The bytes are a beginning of the preface, and may be one of an HTTP/1.1 method as well.
        case undecided
        case http1
        case http2
    }

    static let text = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

    /// The protocol of a connection that began with `bytes`; anything but the whole preface is left to HTTP/1.1's
    /// parser.
    static func match(_ bytes: some Sequence<UInt8>) -> Match {
        var expected = Self.text.utf8.makeIterator()
        for byte in bytes {
            guard let next = expected.next() else { return .http2 }
            if byte != next { return .http1 }
        }
        return expected.next() == nil ? .http2 : .undecided
    }
}
