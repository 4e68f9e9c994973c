import FoundationEssentials
package import NIOSSL
import Secrets
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
        let bytes: [UInt8]
        do { bytes = try SecretFile.read(path) } catch { throw TLSError(error, path) }
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
}
