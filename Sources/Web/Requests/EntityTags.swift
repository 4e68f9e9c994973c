package import HTTPTypes

/// The tags of `If-Match` or `If-None-Match` (RFC 9110, section 13.1).
package enum EntityTags: Hashable, Sendable {
    case any
    /// Opaque texts without their quotes; weak ones apart.
    case these(strong: [String], weak: [String])

    package struct Failure: Error, Hashable, Sendable {
        package init() {}
    }

    /// Reads a field that may be repeated; `nil` when the request has none.
    package static func read(_ fields: HTTPFields, _ name: HTTPField.Name) throws(Failure) -> EntityTags? {
        let values = fields[values: name]
        guard !values.isEmpty else { return nil }
        let text = values.joined(separator: ",")
        if text.filter({ $0 != " " && $0 != "\t" }) == "*" { return .any }
        var strong: [String] = []
        var weak: [String] = []
        var rest = text.utf8[...]
        while true {
            rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }
            guard !rest.isEmpty else { break }
            let isWeak = rest.starts(with: "W/".utf8)
            if isWeak { rest = rest.dropFirst(2) }
            guard rest.first == UInt8(ascii: "\"") else { throw Failure() }
            rest = rest.dropFirst()
            guard let end = rest.firstIndex(of: UInt8(ascii: "\"")) else { throw Failure() }
            let tag = String(decoding: rest[..<end], as: UTF8.self)
            if isWeak { weak.append(tag) } else { strong.append(tag) }
            rest = rest[rest.index(after: end)...]
            let gap = rest.drop { $0 == 0x20 || $0 == 0x09 }
            guard gap.isEmpty || gap.first == UInt8(ascii: ",") else { throw Failure() }
        }
        guard !strong.isEmpty || !weak.isEmpty else { throw Failure() }
        return .these(strong: strong, weak: weak)
    }

    /// Whether a read may be answered with 304: weak comparison.
    package func matchesWeakly(_ tag: String) -> Bool {
        switch self {
        case .any: true
        case .these(let strong, let weak): strong.contains(tag) || weak.contains(tag)
        }
    }
}

extension EntityTags.Failure: ProblemConvertible {
    package var problem: Problem {
        Problem(
            "precondition-invalid",
            .badRequest,
            title: "If-Match or If-None-Match cannot be read; nothing was done",
            detail: "Send '*' or entity tags in quotes, as an ETag gave them."
        )
    }
}
