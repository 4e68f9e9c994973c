import Secrets

/// Why certificates or keys on disk cannot be used.
///
/// Names files, and never what is in them.
package enum TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    case unreadable(path: String, reason: String)
    case notRegular(path: String)
    case foreignOwner(path: String)
    case tooOpen(path: String, mode: UInt32)
    case certificateInvalid(path: String)
    case keyInvalid(path: String)
    case authorityInvalid(path: String)
    /// The key is not the one that the certificate is for, or TLS knows no use for it.
    case pairInvalid(certificate: String, key: String)

    init(_ error: SecretFileError, _ path: String) {
        switch error {
        case .unreadable(let reason): self = .unreadable(path: path, reason: reason)
        case .notRegular: self = .notRegular(path: path)
        case .foreignOwner: self = .foreignOwner(path: path)
        case .tooOpen(let mode): self = .tooOpen(path: path, mode: mode)
        }
    }

    package var description: String {
        switch self {
        case .unreadable(let path, let reason): "cannot read \(path): \(reason)"
        case .notRegular(let path): "\(path) is no regular file"
        case .foreignOwner(let path): "the key file \(path) belongs neither to this process's user nor to root"
        case .tooOpen(let path, let mode):
            "the mode of the key file \(path) is 0\(String(mode, radix: 8)): make it 0600 or 0400, or 0440 when it is "
                + "root's and this process is in its group"
        case .certificateInvalid(let path): "\(path) holds no certificate in PEM form"
        case .keyInvalid(let path): "\(path) holds no private key in PEM form, or one with a passphrase"
        case .authorityInvalid(let path): "\(path) holds no certificate of an authority in PEM form"
        case .pairInvalid(let certificate, let key):
            "the key in \(key) is not the one of the first certificate in \(certificate)"
        }
    }
}
