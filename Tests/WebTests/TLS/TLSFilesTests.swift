import Foundation
import Support
import TLS
import Testing

/// The faults of certificate files, which are told before anybody connects.
struct TLSFilesTests {
    private let authority: CertificateAuthority
    private let issued: CertificateAuthority.Issued

    init() throws {
        self.authority = try CertificateAuthority(in: try TemporaryFolder("tally-tls").url)
        self.issued = try self.authority.issue("server")
    }

    private func error(_ change: (inout TLSFiles) throws -> Void) throws -> TLSError? {
        var files = TLSFiles(certificate: self.issued.certificate, key: self.issued.key)
        try change(&files)
        do { _ = try files.serverContext() } catch { return error }
        return nil
    }

    private func file(_ text: String) throws -> String {
        let path = self.authority.folder.appending(path: "text").path
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        return path
    }

    @Test func `what is whole is taken`() throws {
        #expect(try self.error { _ in } == nil)
        #expect(try self.error { $0.clientAuthority = self.authority.certificate } == nil)
    }

    @Test func `a file that is away, empty or something else is named`() throws {
        let text = try self.file("nothing")
        #expect(try self.error { $0.certificate = text } == .certificateInvalid(path: text))
        #expect(try self.error { $0.key = text } == .keyInvalid(path: text))
        #expect(try self.error { $0.clientAuthority = text } == .authorityInvalid(path: text))
        let folder = self.authority.folder.path
        #expect(try self.error { $0.certificate = folder } == .notRegular(path: folder))
        let away = TLSError.unreadable(path: "/nowhere/key", reason: "No such file or directory")
        #expect(try self.error { $0.key = "/nowhere/key" } == away)
    }

    @Test func `a key of another certificate, and one with a passphrase, are refused`() async throws {
        let other = try self.authority.issue("other")
        let pair = TLSError.pairInvalid(certificate: self.issued.certificate, key: other.key)
        #expect(try self.error { $0.key = other.key } == pair)
        let path = self.authority.folder.appending(path: "locked.key").path
        let arguments = ["ec", "-in", self.issued.key, "-aes256", "-passout", "pass:secret", "-out", path]
        _ = try await Program.output("/usr/bin/openssl", arguments)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        #expect(try self.error { $0.key = path } == .keyInvalid(path: path))
    }

    @Test(arguments: [(0o600, true), (0o400, true), (0o644, false), (0o660, false), (0o604, false)])
    func `a key that others may read is refused`(mode: Int, isTaken: Bool) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: self.issued.key)
        let tooOpen = TLSError.tooOpen(path: self.issued.key, mode: UInt32(mode))
        #expect(try self.error { _ in } == (isTaken ? nil : tooOpen))
    }

    /// As Kubernetes mounts a secret, which is root's, for the group of the process.
    @Test(.enabled(if: geteuid() == 0))
    func `a key of root may be readable for its group`() throws {
        try FileManager.default.setAttributes([.posixPermissions: 0o440], ofItemAtPath: self.issued.key)
        #expect(try self.error { _ in } == nil)
    }
}
