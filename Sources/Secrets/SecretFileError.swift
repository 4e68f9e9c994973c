/// Why a file with a secret is not read.
///
/// Nothing in it comes out of the secret, and it does not name the file.
package enum SecretFileError: Error, Hashable, Sendable {
    /// The file is not there, or not for us; with the system's reason.
    case unreadable(String)
    /// A folder, a device or a pipe, or larger than any secret.
    case notRegular
    /// The file belongs neither to us nor to root.
    case foreignOwner
    /// Others than the owner, or than root and our group, may read it, or may do more than read and write.
    case tooOpen(mode: UInt32)
}

extension SecretFileError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadable(let reason): reason
        case .notRegular: "it is no regular file"
        case .foreignOwner: "it belongs neither to this process's user nor to root"
        case .tooOpen(let mode):
            "its mode is 0\(String(mode, radix: 8)), and others must not read a secret: make it 0600 or 0400 "
                + "(0440 is for a file of root's whose group is this process's)"
        }
    }
}
