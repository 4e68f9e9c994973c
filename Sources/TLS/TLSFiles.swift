import NIOCore
package import NIOSSL

/// The files with which one end of a connection proves who it is, and decides whom to believe.
package struct TLSFiles: Hashable, Sendable {
    /// Our certificate, then those of the authorities between it and the root: a PEM file.
    package var certificate: String
    /// The key of that certificate: a PEM file without a passphrase, for its owner alone.
    package var key: String
    /// The authorities that may vouch for clients: a PEM file; `nil` asks clients for nothing.
    package var clientAuthority: String?

    package init(certificate: String, key: String, clientAuthority: String? = nil) {
        self.certificate = certificate
        self.key = key
        self.clientAuthority = clientAuthority
    }

    /// The TLS context of a listener: TLS 1.2 at least, HTTP/2 or HTTP/1.1 as the client likes.
    package func serverContext() throws(TLSError) -> NIOSSLContext {
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try PEMFile.certificates(self.certificate).map { .certificate($0) },
            privateKey: .privateKey(try PEMFile.key(self.key))
        )
        tls.minimumTLSVersion = .tlsv12
        tls.applicationProtocols = ["h2", "http/1.1"]
        tls.shutdownTimeout = .seconds(1)
        if let clientAuthority {
            tls.trustRoots = .certificates(try PEMFile.authorities(clientAuthority))
            // A client has no name that we could know.
            tls.certificateVerification = .noHostnameVerification
        }
        do { return try NIOSSLContext(configuration: tls) } catch {
            throw .pairInvalid(certificate: self.certificate, key: self.key)
        }
    }

    /// The TLS context of a client: TLS 1.2 at least, and a server that `authority`, or else the system's, vouch for by
    /// name.
    ///
    /// `files` are for a server that asks who we are.
    package static func clientContext(_ files: TLSFiles?, authority: String?) throws(TLSError) -> NIOSSLContext {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let authority { tls.trustRoots = .certificates(try PEMFile.authorities(authority)) }
        if let files {
            tls.certificateChain = try PEMFile.certificates(files.certificate).map { .certificate($0) }
            tls.privateKey = .privateKey(try PEMFile.key(files.key))
        }
        do { return try NIOSSLContext(configuration: tls) } catch {
            throw .pairInvalid(certificate: files?.certificate ?? "", key: files?.key ?? "")
        }
    }
}
