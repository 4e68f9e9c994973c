import Web

/// How bytes of a message are packed.
package enum ContentCoding: String, CaseIterable, Hashable, Sendable {
    case identity
    case gzip

    /// The coding that a request names; absent and empty are `identity`.
    package static func named(_ name: String?) throws(RPCError) -> ContentCoding {
        guard let name, !name.isEmpty else { return .identity }
        guard let coding = ContentCoding(rawValue: name.lowercased()) else {
            throw RPCError(.unimplemented, "this compression is unknown; supported are gzip and identity")
        }
        return coding
    }

    /// The coding for an answer: the first of the caller's list that we know.
    ///
    /// A caller without a list accepts what it used itself.
    package static func accepted(_ lists: [String], request: ContentCoding) -> ContentCoding {
        guard !lists.isEmpty else { return request }
        for element in lists.joined(separator: ",").split(separator: ",") {
            let parts = element.lowercased().split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard let name = parts.first, let coding = ContentCoding(rawValue: name) else { continue }
            let isRefused = parts.dropFirst().contains { $0.wholeMatch(of: #/q=0(\.0*)?/#) != nil }
            if !isRefused { return coding }
        }
        return .identity
    }

    /// The unpacked bytes of a message; no bytes are no bytes in every coding.
    package func unpacked(_ bytes: [UInt8], limit: Int) throws(RPCError) -> [UInt8] {
        switch self {
        case .identity:
            guard bytes.count <= limit else { throw .tooLong(limit) }
            return bytes
        case .gzip:
            guard !bytes.isEmpty else { return [] }
            do { return try Gzip.inflated(bytes, limit: limit) } catch {
                switch error {
                case .malformed: throw RPCError(.invalidArgument, "the message is not valid gzip")
                case .tooLong: throw .tooLong(limit)
                }
            }
        }
    }

    /// The packed bytes, when packing is wanted and worth it.
    package func packed(_ bytes: [UInt8], threshold: Int) -> [UInt8]? {
        guard self == .gzip, !bytes.isEmpty, bytes.count >= threshold else { return nil }
        return Gzip.deflated(bytes)
    }

    /// Most bytes that a message of at most `limit` bytes takes up, packed by a program that means well.
    func packedLimit(_ limit: Int) -> Int {
        switch self {
        case .identity: limit
        case .gzip: limit + limit / 1000 + 64
        }
    }
}

extension RPCError {
    static func tooLong(_ limit: Int) -> RPCError {
        RPCError(.resourceExhausted, "the message is longer than \(limit) bytes")
    }
}
