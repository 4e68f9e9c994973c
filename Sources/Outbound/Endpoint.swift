/// A URL we may send a request to: `http` or `https`, vetted by its spelling and normalised.
///
/// It is read by libcurl's own parser, so what was vetted is what is used. The spelling is only half of the guard: the
/// address that a caller's endpoint leads to is vetted again at each socket and each request.
package struct Endpoint: Hashable, Sendable {
    /// The longest text taken, in bytes.
    package static let lengthLimit = 2048

    /// The normalised URL: without fragment, default port and dot segments, scheme and host in lower case.
    package let text: String
    /// Lower-case, an IPv6 address without brackets, without the dot of the root.
    package let host: String
    package let port: Int
    /// Whether it stands in the operator's own settings, so that any address may be connected to.
    package let isTrusted: Bool

    /// A URL that a caller sent.
    package init(untrusted text: String, policy: EndpointPolicy) throws(EndpointError) {
        try self.init(parsing: text, isTrusted: false)
        if let refusal = policy.refusal(of: self.host, port: self.port) { throw refusal }
    }

    /// A URL of the operator's own settings: any address.
    ///
    /// User names and passwords are refused here too, since the text appears in logs. Send them in a header.
    package init(trusted text: String) throws(EndpointError) {
        try self.init(parsing: text, isTrusted: true)
    }

    /// A text taken as it is, as if a parser had been fooled, so that tests can show what the socket filter stops.
    package init(unvetted text: String, host: String, port: Int) {
        self.text = text
        self.host = host
        self.port = port
        self.isTrusted = false
    }

    /// 16 hexadecimal digits that stand for ``text`` in idempotency keys, the same on every instance and version.
    ///
    /// FNV-1a of 64 bits: good against accidents, not against someone who looks for two texts with one key.
    package var key: String {
        let hash = self.text.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The same endpoint with more query parameters behind its own, percent-encoded.
    package func appending(query: [(String, String)]) -> Endpoint {
        guard !query.isEmpty else { return self }
        let added = query.map { "\(Self.encoded($0.0))=\(Self.encoded($0.1))" }.joined(separator: "&")
        let isOpen = self.text.hasSuffix("?") || self.text.hasSuffix("&")
        let joint = self.text.contains("?") ? isOpen ? "" : "&" : "?"
        return Endpoint(text: self.text + joint + added, host: self.host, port: self.port, isTrusted: self.isTrusted)
    }

    private init(text: String, host: String, port: Int, isTrusted: Bool) {
        self.text = text
        self.host = host
        self.port = port
        self.isTrusted = isTrusted
    }

    private init(parsing text: String, isTrusted: Bool) throws(EndpointError) {
        let plain = try Self.plain(text)
        guard let url = CurlURL(plain), (1...65535).contains(url.port) else { throw .malformed }
        let name = url.host.hasPrefix("[") ? String(url.host.dropFirst().dropLast()) : url.host
        // A host that the C library would take for an address is one, however it is spelled.
        let dotless = name.hasSuffix(".") ? String(name.dropLast()) : name
        if IPAddress(dotless) == nil {
            guard let host = HostName.normalized(name) else { throw .malformed }
            self.init(text: url.text, host: host, port: url.port, isTrusted: isTrusted)
        } else {
            self.init(text: url.text, host: dotless, port: url.port, isTrusted: isTrusted)
        }
    }

    /// Refuses what two parsers might read differently, and encodes what is not ASCII behind the host.
    private static func plain(_ text: String) throws(EndpointError) -> String {
        guard text.utf8.count <= self.lengthLimit else { throw .tooLong }
        let bytes = Array(text.utf8)
        guard bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }) else { throw .malformed }
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { throw .malformed }
        let scheme = String(decoding: bytes[..<colon], as: UTF8.self).lowercased()
        guard scheme == "http" || scheme == "https" else {
            let isScheme = !scheme.isEmpty && scheme.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x2D }
            throw isScheme ? .scheme : .malformed
        }
        guard bytes[(colon + 1)...].starts(with: "//".utf8) else { throw .malformed }
        let rest = bytes[(colon + 3)...]
        let end = rest.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
        let authority = rest[..<end]
        guard !authority.contains(UInt8(ascii: "@")) else { throw .userInfo }
        guard !authority.isEmpty, authority.allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "%") }) else {
            throw .malformed
        }
        let fragment = rest[end...].firstIndex(of: UInt8(ascii: "#")) ?? rest.endIndex
        let tail = rest[end..<fragment].map { $0 < 0x80 ? String(UnicodeScalar($0)) : self.escape($0) }.joined()
        return "\(scheme)://" + String(decoding: authority, as: UTF8.self).lowercased() + tail
    }

    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isUnreserved =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "-._~".utf8.contains(byte)
            return isUnreserved ? String(UnicodeScalar(byte)) : self.escape(byte)
        }.joined()
    }

    private static func escape(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return byte < 16 ? "%0\(digits)" : "%\(digits)"
    }
}
