package import HTTPTypes

/// The header field `Idempotency-Key`: 1–255 visible ASCII characters, bare or as a quoted string
/// (draft-ietf-httpapi-idempotency-key-header).
package struct IdempotencyKey: Hashable, Sendable {
    package let text: String

    /// Why a request's key cannot be used; nothing was done.
    package struct Failure: Error, Hashable, Sendable {}

    /// Reads the request's key; `nil` when it has none.
    package static func read(_ fields: HTTPFields) throws(Failure) -> IdempotencyKey? {
        let values = fields[values: .idempotencyKey]
        guard !values.isEmpty else { return nil }
        guard values.count == 1, let key = IdempotencyKey(values[0]) else { throw Failure() }
        return key
    }

    /// A quoted and a bare key with the same content are the same key.
    package init?(_ value: String) {
        var bytes = Array(value.utf8)[...]
        if bytes.first == UInt8(ascii: "\"") {
            guard bytes.count >= 2, bytes.last == UInt8(ascii: "\"") else { return nil }
            guard let unquoted = Self.unquoted(bytes.dropFirst().dropLast()) else { return nil }
            bytes = unquoted[...]
        }
        guard (1...255).contains(bytes.count), bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        self.text = String(decoding: bytes, as: UTF8.self)
    }

    /// The content of a string of RFC 8941: a backslash stands only before a quote or another backslash.
    private static func unquoted(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        var rest = bytes.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "\""): return nil
            case UInt8(ascii: "\\"):
                guard let next = rest.next(), next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\") else {
                    return nil
                }
                result.append(next)
            default: result.append(byte)
            }
        }
        return result
    }
}

extension IdempotencyKey.Failure: ProblemConvertible {
    package var problem: Problem { .idempotencyKeyInvalid }
}

extension Problem {
    package static let idempotencyKeyInvalid = Problem(
        "idempotency-key-invalid",
        .badRequest,
        title: "The Idempotency-Key cannot be used; nothing was done",
        detail: "Send one: 1 to 255 visible ASCII characters, bare or quoted."
    )

    package static let idempotencyKeyReused = Problem(
        "idempotency-key-reused",
        .unprocessableContent,
        title: "This Idempotency-Key belongs to another request; nothing was done",
        detail: "Take a new key for a new request, and repeat a request only as it was."
    )
}
