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
    /// The CA file is missing, unreadable or holds no PEM certificate.
    case caFileInvalid
}
