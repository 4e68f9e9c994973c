/// Why bytes are not the RLP of anything.
package enum RLPError: Error, Hashable, Sendable {
    /// They end too early.
    case truncated
    /// There are more of them than the item has.
    case trailing
    /// There is a shorter way to write the same, and only the shortest one counts.
    case notShortest
    /// Lists within lists, more than ``RLP/depthLimit``.
    case tooDeep
}

/// Ethereum's way to write bytes and lists of them.
package enum RLP: Hashable, Sendable {
    case bytes([UInt8])
    case list([RLP])

    /// A number: its bytes, the most significant one first, without zeros before it.
    package static func number(_ number: UInt64) -> RLP {
        Self.number(stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> UInt64($0)) })
    }

    /// A number from its bytes, whose first ones may be zeros.
    package static func number(_ bytes: [UInt8]) -> RLP { .bytes([UInt8](bytes.drop { $0 == 0 })) }

    package static func number(_ number: Wei) -> RLP { .bytes(number.bytes) }

    package var encoded: [UInt8] {
        switch self {
        case .bytes(let bytes):
            if bytes.count == 1, bytes[0] < 0x80 { return bytes }
            return Self.head(0x80, bytes.count) + bytes
        case .list(let items):
            let body = items.flatMap(\.encoded)
            return Self.head(0xC0, body.count) + body
        }
    }

    private static func head(_ first: UInt8, _ count: Int) -> [UInt8] {
        if count < 56 { return [first + UInt8(count)] }
        guard case .bytes(let length) = RLP.number(UInt64(count)) else { return [] }
        return [first + 55 + UInt8(length.count)] + length
    }
}

extension RLP {
    package static let depthLimit = 8

    /// Reads one item that is all of the bytes, and refuses every form but the shortest.
    package init(decoding bytes: [UInt8]) throws(RLPError) {
        var rest = bytes[...]
        self = try Self.read(&rest, depth: 0)
        guard rest.isEmpty else { throw .trailing }
    }

    private static func read(_ rest: inout ArraySlice<UInt8>, depth: Int) throws(RLPError) -> RLP {
        guard let first = rest.popFirst() else { throw .truncated }
        switch first {
        case 0..<0x80:
            return .bytes([first])
        case 0x80..<0xC0:
            let bytes = try Self.body(first - 0x80, &rest)
            if bytes.count == 1, let only = bytes.first, only < 0x80 { throw .notShortest }
            return .bytes([UInt8](bytes))
        default:
            guard depth < Self.depthLimit else { throw .tooDeep }
            var body = try Self.body(first - 0xC0, &rest)
            var items: [RLP] = []
            while !body.isEmpty { items.append(try Self.read(&body, depth: depth + 1)) }
            return .list(items)
        }
    }

    /// Takes off what belongs to an item, whose first byte says its length, or the length of its length.
    private static func body(
        _ kind: UInt8,
        _ rest: inout ArraySlice<UInt8>
    ) throws(RLPError) -> ArraySlice<UInt8> {
        var count = Int(kind)
        if kind > 55 {
            let length = try Self.take(count - 55, &rest)
            guard length.first != 0 else { throw .notShortest }
            // Nothing in memory has a length of more bytes than seven.
            guard length.count < 8 else { throw .truncated }
            count = length.reduce(0) { $0 << 8 | Int($1) }
            guard count > 55 else { throw .notShortest }
        }
        return try Self.take(count, &rest)
    }

    private static func take(_ count: Int, _ rest: inout ArraySlice<UInt8>) throws(RLPError) -> ArraySlice<UInt8> {
        guard count <= rest.count else { throw .truncated }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}
