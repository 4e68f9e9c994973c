private import FoundationEssentials
private import Subprocess
private import SystemPackage

/// An authority of one system's own, and the certificates that its parts show each other.
package struct DevCertificates: Hashable, Sendable {
    /// The name that instances are known by, whatever their address is.
    package static let instanceName = "instance.tally.internal"

    /// The folder that they are in: absolute.
    package let folder: String

    package init(folder: String) { self.folder = folder }

    package var authority: String { "\(self.folder)/ca.pem" }

    /// Of one part: `nginx`, `instance` or `redis`.
    package func pair(_ part: String) -> NginxConfiguration.Pair {
        .init(certificate: "\(self.folder)/\(part).pem", key: "\(self.folder)/\(part).key")
    }

    /// Makes certificates for all parts, and the authority if there is none, so that who trusts it may go on to.
    ///
    /// `address` is where nginx listens.
    package static func make(in folder: String, openssl: String, address: String) async throws(DevError) -> Self {
        let made = Self(folder: folder)
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        if !FileManager.default.fileExists(atPath: made.authority) {
            let authority = ["req", "-x509", "-days", "3650", "-subj", "/CN=tally dev", "-keyout", "ca.key"]
            try await made.run(openssl, authority + ["-out", "ca.pem"] + key)
        }
        let entry = "DNS:localhost,IP:127.0.0.1,IP:::1,IP:\(PortFinder.reachable(address))"
        let parts = [
            ("nginx", entry), ("instance", "DNS:\(Self.instanceName)"), ("redis", "DNS:localhost,IP:127.0.0.1"),
        ]
        for (part, names) in parts {
            let extensions = "subjectAltName=\(names)\nbasicConstraints=CA:FALSE\n"
            try made.write(extensions, to: "\(part).ext")
            try await made.run(openssl, ["req", "-subj", "/CN=\(part)", "-keyout", "\(part).key", "-out", "csr"] + key)
            let signing = ["x509", "-req", "-days", "397", "-in", "csr", "-CA", "ca.pem", "-CAkey", "ca.key"]
            let signed = ["-CAcreateserial", "-extfile", "\(part).ext", "-out", "\(part).pem"]
            try await made.run(openssl, signing + signed)
        }
        return made
    }

    private func write(_ text: String, to name: String) throws(DevError) {
        let path = "\(self.folder)/\(name)"
        do { try Data(text.utf8).write(to: URL(filePath: path)) } catch {
            throw .directoryUnusable(path: path, reason: "\(error)")
        }
    }

    private func run(_ openssl: String, _ arguments: [String]) async throws(DevError) {
        var reason = ""
        do {
            let result = try await Subprocess.run(
                .path(FilePath(openssl)),
                arguments: Arguments(arguments),
                workingDirectory: FilePath(self.folder),
                output: .discarded,
                error: .string(limit: 4096)
            )
            if result.terminationStatus.isSuccess { return }
            reason = result.standardError
        } catch { reason = "\(error)" }
        throw .directoryUnusable(path: self.folder, reason: "openssl \(arguments[0]): \(reason)")
    }
}
