package import TLS

/// Why a Redis URL or a file it needs cannot be used.
///
/// Never holds the URL or a part of it: a password may be anywhere in a URL that is not well formed.
package enum RedisConfigurationError: Error, Hashable, Sendable {
    /// Neither `redis://`, `rediss://` nor `unix://`.
    case schemeUnknown
    case hostMissing
    /// Not 1…65535.
    case portInvalid
    /// Not 0…65535.
    case databaseInvalid
    /// A `%` that two hexadecimal digits do not follow, or bytes that are no UTF-8.
    case percentEncodingInvalid
    /// A query item other than `db` of a unix URL, a fragment, or a path where none belongs.
    case partUnknown
    /// A unix URL without an absolute path, or one longer than a socket address holds (107 bytes).
    case pathInvalid
    /// A control character or a space.
    case characterInvalid
    /// A file with certificates or a key cannot be used.
    case tls(TLSError)
}

extension RedisConfigurationError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .schemeUnknown: "the URL begins neither with redis:// nor with rediss:// or unix://"
        case .hostMissing: "the URL names no host"
        case .portInvalid: "the URL's port is not 1…65535"
        case .databaseInvalid: "the URL's database is not 0…65535"
        case .percentEncodingInvalid: "the URL has a % without two hexadecimal digits, or bytes that are no UTF-8"
        case .partUnknown: "the URL has a query, a fragment or a path that does not belong there"
        case .pathInvalid: "the URL's path is not absolute, or longer than 107 bytes"
        case .characterInvalid: "the URL has a control character or a space"
        case .tls(let error): "\(error)"
        }
    }
}
