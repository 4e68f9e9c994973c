import Foundation
import Logging
import TLS

/// The certificate and key that the launcher gave the server, and the authority by which it knows its clients.
///
/// The files that hold it last as long as it takes to read them.
struct Credentials {
    let certificate: ServerCertificate
    /// The certificate in PEM form, for clients to trust.
    let pem: Data

    init(_ order: ServerCompatRequest) throws {
        let folder = URL.temporaryDirectory.appending(path: "conformance-\(UUID().uuidString)")
        let manager = FileManager.default
        let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o700]
        try manager.createDirectory(at: folder, withIntermediateDirectories: true, attributes: attributes)
        // A file that is left behind is of use to nobody: the certificate is good for this machine and a day.
        defer { try? manager.removeItem(at: folder) }
        let (certificate, key) = (folder.appending(path: "server.pem"), folder.appending(path: "server.key"))
        if order.hasServerCreds {
            try order.serverCreds.cert.write(to: certificate)
            try order.serverCreds.key.write(to: key)
            try manager.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key.path)
        } else {
            try Self.make(certificate, key)
        }
        var files = TLSFiles(certificate: certificate.path, key: key.path)
        if !order.clientTlsCert.isEmpty {
            let authority = folder.appending(path: "client.pem")
            try order.clientTlsCert.write(to: authority)
            files.clientAuthority = authority.path
        }
        self.certificate = try ServerCertificate(files, logger: Logger(label: "conformance-server"))
        self.pem = try Data(contentsOf: certificate)
    }

    /// A certificate for this machine, as older launchers leave it to the server.
    private static func make(_ certificate: URL, _ key: URL) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            ["openssl", "req", "-x509", "-days", "1", "-subj", "/CN=localhost", "-nodes", "-newkey", "ec"]
            + ["-pkeyopt", "ec_paramgen_curve:prime256v1", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
            + ["-keyout", key.path, "-out", certificate.path]
        (process.standardInput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try process.run()
        process.waitUntilExit()
    }
}
