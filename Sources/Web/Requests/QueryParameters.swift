/// The query of a request, taken apart strictly.
///
/// Names and values are percent-decoded once and must then be UTF-8 without control characters; `+` is a plus sign. A
/// name may come once: a proxy and a service must never look at two different values of it.
package struct QueryParameters: Hashable, Sendable {
    package enum Failure: Error, Hashable, Sendable {
        case malformed
        case duplicate
    }

    private var values: [String: String] = [:]

    /// The query of a request that has none.
    package init() {}

    /// `target` is a raw request target or URL; the text behind its first `?` is the query.
    package init(ofTarget target: String) throws(Failure) {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return }
        let query = target[target.index(after: mark)...]
        for pair in query.split(separator: "&", omittingEmptySubsequences: true) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try Self.decoded(parts[0])
            let value = parts.count > 1 ? try Self.decoded(parts[1]) : ""
            guard self.values.updateValue(value, forKey: name) == nil else { throw .duplicate }
        }
    }

    package subscript(_ name: String) -> String? { self.values[name] }

    package var names: Set<String> { Set(self.values.keys) }

    /// Decodes one name or value; also good for one segment of a path.
    package static func decoded(_ text: Substring) throws(Failure) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var rest = text.utf8.makeIterator()
        while let byte = rest.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.next().flatMap(Self.nibble), let low = rest.next().flatMap(Self.nibble) else {
                throw .malformed
            }
            bytes.append(high << 4 | low)
        }
        guard let result = String(validating: bytes, as: UTF8.self),
            !result.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
        else { throw .malformed }
        return result
    }

    private static func nibble(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension QueryParameters.Failure: ProblemConvertible {
    package var problem: Problem {
        switch self {
        case .malformed: .parameterInvalid("Percent-encode names and values as UTF-8, without control characters.")
        case .duplicate: .duplicateParameter
        }
    }
}
