import Secrets

/// Why there is no key to sign with.
///
/// Nothing in it comes out of the secret.
package enum SenderKeyError: Error, Hashable, Sendable {
    /// The file is not there, or not for us; with the system's reason.
    case unreadable(String)
    case notRegular
    /// The file belongs neither to us nor to root.
    case foreignOwner
    /// Others than the owner, or than root and our group, may read it, or may do more than read and write.
    case tooOpen(mode: UInt32)
    /// Not 64 hexadecimal digits.
    case malformed
    /// Zero, or not below the curve's order.
    case outOfRange
    /// The page cannot be kept out of the swap; with the system's reason.
    case notLockable(String)
    /// No page is to be had, or not with these properties; with the system's reason.
    case memory(String)
    /// libsecp256k1 does not start: no memory, or no random numbers from the kernel.
    case noCurve
    /// Hardhat has no well-known account of this number.
    case unknownAccount

    init(_ error: SecretFileError) {
        switch error {
        case .unreadable(let reason): self = .unreadable(reason)
        case .notRegular: self = .notRegular
        case .foreignOwner: self = .foreignOwner
        case .tooOpen(let mode): self = .tooOpen(mode: mode)
        }
    }
}

extension SenderKeyError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadable(let reason): "the key file cannot be read: \(reason)"
        case .notRegular: "the key file is not a regular file"
        case .foreignOwner: "the key file belongs neither to this process's user nor to root"
        case .tooOpen(let mode):
            """
            the key file's mode is 0\(String(mode, radix: 8)): make it 0600 or 0400, for its owner alone \
            (0440 is for a file of root's whose group is this process's)
            """
        case .malformed: "the key file has to hold 64 hexadecimal digits, and nothing else but 0x before and a newline"
        case .outOfRange: "the key is no secret of secp256k1: it is zero, or not below the curve's order"
        case .notLockable(let reason):
            "the key's page cannot be locked in memory: \(reason) (RLIMIT_MEMLOCK has to allow one page a key)"
        case .memory(let reason): "no page for the key: \(reason)"
        case .noCurve: "libsecp256k1 does not start: no memory, or no random numbers from the kernel"
        case .unknownAccount: "the development accounts have the numbers 0 to 9"
        }
    }
}
