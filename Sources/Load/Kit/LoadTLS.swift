import NIOCore
import NIOSSL
import TLS

/// How the service behind an `https` URL proves who it is.
package struct LoadTLS: Hashable, Sendable {
    private let authorityFile: String?
    private let context: NIOSSLContext

    init(authorityFile: String?) throws(LoadError) {
        self.authorityFile = authorityFile
        do { self.context = try TLSFiles.clientContext(nil, authority: authorityFile) } catch {
            throw .badArgument("--ca-file: \(error)")
        }
    }

    /// The first handler of a connection to `host`.
    func handler(for host: String) throws -> NIOSSLClientHandler {
        // An address has no name that could be asked for.
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return try NIOSSLClientHandler(context: self.context, serverHostname: isAddress ? nil : host)
    }

    package static func == (left: LoadTLS, right: LoadTLS) -> Bool { left.authorityFile == right.authorityFile }

    package func hash(into hasher: inout Hasher) { hasher.combine(self.authorityFile) }
}
