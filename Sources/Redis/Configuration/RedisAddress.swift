/// The place of a Redis, and our user there, as a URL names them.
package struct RedisAddress: Hashable, Sendable {
    package enum Place: Hashable, Sendable {
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    package var place: Place
    package var usesTLS = false
    package var username: String?
    package var password: String?
    /// The database to select; 0 needs no command.
    package var database = 0

    /// `host:port`, or the path of a socket: without user and password.
    package var text: String {
        switch self.place {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }

    /// Reads `redis://user:password@host:port/db`, `rediss://` likewise, or `unix:///path?db=1`.
    ///
    /// User and password are percent-decoded. The port is 6379 when left out, the database 0.
    package init(url: String) throws(RedisConfigurationError) {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { throw .characterInvalid }
        guard let colon = url.firstRange(of: "://") else { throw .schemeUnknown }
        let rest = url[colon.upperBound...]
        switch url[..<colon.lowerBound].lowercased() {
        case "redis": try self.init(rest, usesTLS: false)
        case "rediss": try self.init(rest, usesTLS: true)
        case "unix": try self.init(unix: rest)
        default: throw .schemeUnknown
        }
    }

    private init(_ text: Substring, usesTLS: Bool) throws(RedisConfigurationError) {
        guard !text.contains("?"), !text.contains("#") else { throw .partUnknown }
        let slash = text.firstIndex(of: "/") ?? text.endIndex
        let (user, authority) = Self.splitUser(text[..<slash])
        let (host, port) = try Self.hostAndPort(authority)
        self.place = .tcp(host: host, port: port)
        self.usesTLS = usesTLS
        try self.take(user)
        let path = text[slash...].dropFirst()
        self.database = path.isEmpty ? 0 : try Self.database(path)
    }

    private init(unix text: Substring) throws(RedisConfigurationError) {
        guard !text.contains("#") else { throw .partUnknown }
        let slash = text.firstIndex(of: "/") ?? text.endIndex
        let (user, authority) = Self.splitUser(text[..<slash])
        guard authority.isEmpty else { throw .pathInvalid }
        let parts = text[slash...].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = try Self.decoded(parts.first ?? "")
        guard path.utf8.count > 1, path.utf8.count <= 107, !path.utf8.contains(0) else { throw .pathInvalid }
        self.place = .unix(path: path)
        try self.take(user)
        guard parts.count == 2 else { return }
        guard parts[1].hasPrefix("db=") else { throw .partUnknown }
        self.database = try Self.database(parts[1].dropFirst(3))
    }

    private mutating func take(_ user: Substring?) throws(RedisConfigurationError) {
        guard let user else { return }
        let parts = user.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = try Self.decoded(parts[0])
        if !name.isEmpty { self.username = name }
        if parts.count == 2 { self.password = try Self.decoded(parts[1]) }
    }

    /// Splits at the last `@`, so that a password may hold one that nobody encoded.
    private static func splitUser(_ text: Substring) -> (user: Substring?, authority: Substring) {
        guard let at = text.lastIndex(of: "@") else { return (nil, text) }
        return (text[..<at], text[text.index(after: at)...])
    }

    private static func hostAndPort(_ text: Substring) throws(RedisConfigurationError) -> (String, Int) {
        var host = text
        var port: Substring?
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { throw .hostMissing }
            host = text[text.index(after: text.startIndex)..<close]
            let rest = text[text.index(after: close)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { throw .portInvalid }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        guard !host.isEmpty else { throw .hostMissing }
        guard let port else { return (String(host), 6379) }
        guard port.utf8.count <= 5, port.utf8.allSatisfy(Self.isDigit), let number = Int(port), 1...65535 ~= number
        else { throw .portInvalid }
        return (String(host), number)
    }

    private static func database(_ text: Substring) throws(RedisConfigurationError) -> Int {
        guard text.utf8.count <= 5, text.utf8.allSatisfy(Self.isDigit), let number = Int(text), 0...65535 ~= number
        else { throw .databaseInvalid }
        return number
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    private static func decoded(_ text: Substring) throws(RedisConfigurationError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(Self.hexValue), let low = rest.popFirst().flatMap(Self.hexValue)
            else { throw .percentEncodingInvalid }
            bytes.append(high << 4 | low)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else { throw .percentEncodingInvalid }
        return decoded
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
