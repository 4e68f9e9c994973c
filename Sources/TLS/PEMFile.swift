import FoundationEssentials
import Glibc
package import NIOSSL
import SystemPackage

/// Reads files with certificates and keys.
package enum PEMFile {
    /// Far more than any chain of certificates, and than the authorities of a whole system.
    private static let limit: Int64 = 1 << 22

    /// All certificates of a file, in their order.
    package static func certificates(_ path: String) throws(TLSError) -> [NIOSSLCertificate] {
        let bytes = try Self.read(path, try Self.status(of: path))
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(bytes), !chain.isEmpty else {
            throw .certificateInvalid(path: path)
        }
        return chain
    }

    /// The same for those that are to be trusted.
    package static func authorities(_ path: String) throws(TLSError) -> [NIOSSLCertificate] {
        do { return try Self.certificates(path) } catch .certificateInvalid {
            throw .authorityInvalid(path: path)
        } catch { throw error }
    }

    /// A key without a passphrase, from a file that nobody else may read.
    package static func key(_ path: String) throws(TLSError) -> NIOSSLPrivateKey {
        let status = try Self.status(of: path)
        try Self.check(status, path)
        let bytes = try Self.read(path, status)
        do { return try NIOSSLPrivateKey(bytes: bytes, format: .pem) } catch { throw .keyInvalid(path: path) }
    }

    private static func status(of path: String) throws(TLSError) -> Stat {
        do { return try FilePath(path).stat() } catch { throw .unreadable(path: path, reason: "\(error)") }
    }

    private static func read(_ path: String, _ status: Stat) throws(TLSError) -> [UInt8] {
        guard status.type == .regular, status.size <= Self.limit else { throw .notRegular(path: path) }
        do { return Array(try Data(contentsOf: URL(filePath: path))) } catch {
            throw .unreadable(path: path, reason: "it may not be read")
        }
    }

    /// A key is for its owner alone.
    ///
    /// Kubernetes mounts secrets as root's, readable for a group that the process is in.
    private static func check(_ status: Stat, _ path: String) throws(TLSError) {
        let isRoots = status.userID.rawValue == 0
        guard isRoots || status.userID.rawValue == geteuid() else { throw .foreignOwner(path: path) }
        let allowed: FilePermissions = isRoots ? [.ownerReadWrite, .groupRead] : .ownerReadWrite
        guard allowed.isSuperset(of: status.permissions) else {
            throw .tooOpen(path: path, mode: UInt32(status.permissions.rawValue))
        }
    }
}
