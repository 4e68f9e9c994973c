package import Foundation

/// An authority made for the occasion, and the certificates that it vouches for: files of a folder.
package struct CertificateAuthority: Sendable {
    package struct Issued: Sendable {
        package let certificate: String
        package let key: String
    }

    package let folder: URL
    private let name: String

    private static let keyOptions = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

    /// Makes `NAME.pem` and `NAME.key` in the folder.
    package init(in folder: URL, name: String = "ca") throws {
        self.folder = folder
        self.name = name
        try self.openssl(
            [
                "req", "-x509", "-days", "2", "-subj", "/CN=Test \(name)", "-keyout", "\(name).key", "-out",
                "\(name).pem",
            ]
                + Self.keyOptions
        )
    }

    /// The PEM file of the authority itself.
    package var certificate: String { self.folder.appending(path: "\(self.name).pem").path }

    /// Makes `NAME.pem` and `NAME.key`, with names such as `DNS:localhost,IP:127.0.0.1`.
    package func issue(_ name: String, names: String = "DNS:localhost,IP:127.0.0.1") throws -> Issued {
        let extensions = self.folder.appending(path: "\(name).ext")
        try "subjectAltName=\(names)\n".write(to: extensions, atomically: true, encoding: .utf8)
        try self.openssl(
            ["req", "-subj", "/CN=\(name)", "-keyout", "\(name).key", "-out", "\(name).csr"] + Self.keyOptions
        )
        try self.openssl(
            ["x509", "-req", "-days", "2", "-in", "\(name).csr", "-CA", "\(self.name).pem"]
                + ["-CAkey", "\(self.name).key", "-CAcreateserial", "-extfile", "\(name).ext", "-out", "\(name).pem"]
        )
        return Issued(
            certificate: self.folder.appending(path: "\(name).pem").path,
            key: self.folder.appending(path: "\(name).key").path
        )
    }

    private func openssl(_ arguments: [String]) throws {
        let child = try ChildProcess("openssl", arguments, directory: self.folder)
        while child.isRunning { usleep(1000) }
    }
}
