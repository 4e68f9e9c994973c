import Foundation
import Logging
import NIOCore
import Support
import TLS
import Testing
import Web

/// The listener inside of TLS, asked by clients that are not ours.
struct TLSTests {
    /// Runs `body` with the port of a listener that has a certificate, and the folder where the certificates are.
    private func withTLS(
        asksClients: Bool = false,
        _ configuration: WebConfiguration = WebConfiguration(port: 0),
        _ body: @Sendable @escaping (Int, CertificateAuthority, ServerCertificate) async throws -> Void
    ) async throws {
        let authority = try CertificateAuthority(in: try TemporaryFolder("tally-tls").url)
        let issued = try authority.issue("server")
        let files = TLSFiles(
            certificate: issued.certificate,
            key: issued.key,
            clientAuthority: asksClients ? authority.certificate : nil
        )
        let certificate = try ServerCertificate(files, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withServer(configuration, certificate: certificate) { port, _, _ in
            try await body(port, authority, certificate)
        }
    }

    private func curl(_ arguments: [String]) async throws -> String {
        try await Program.output("/usr/bin/curl", ["-sSi", "--max-time", "20"] + arguments)
    }

    @Test(arguments: [("--http1.1", "HTTP/1.1 200 OK"), ("--http2", "HTTP/2 200")])
    func `one port speaks both protocols, as ALPN says, to hot and other routes`(
        option: String,
        line: String
    ) async throws {
        try await self.withTLS { port, authority, _ in
            for host in ["localhost", "127.0.0.1"] {
                for (path, body) in [("/plain", "plain"), ("/hot?now", "now"), ("/items/a", "a")] {
                    let url = "https://\(host):\(port)\(path)"
                    let answer = try await self.curl([option, "--cacert", authority.certificate, url])
                    #expect(answer.hasPrefix(line), "\(answer)")
                    // By HTTP/2 no route is hot.
                    let isRouted = option == "--http2" && path == "/hot?now"
                    #expect(answer.hasSuffix(isRouted ? "routed hot" : body), "\(answer)")
                }
            }
            let url = "https://localhost:\(port)/things/a/put"
            let put = try await self.curl([option, "--cacert", authority.certificate, "-d", "some bytes", url])
            #expect(put.hasPrefix(line) && put.hasSuffix("some bytes"), "\(put)")
        }
    }

    @Test func `a long answer, many requests on a connection and many streams come through whole`() async throws {
        try await self.withTLS { port, authority, _ in
            let url = "https://localhost:\(port)"
            let long = try await self.curl(["--cacert", authority.certificate, "\(url)/long"])
            #expect(long.utf8.count > 8_000_000 && long.hasSuffix("xend"))
            let twice = try await self.curl(["--cacert", authority.certificate, "\(url)/plain", "\(url)/hot?now"])
            #expect(statuses(twice) == [200, 200] || twice.matches(of: #/HTTP/2 200/#).count == 2, "\(twice)")
            let load = ["-n", "500", "-c", "4", "-m", "50", "\(url)/plain"]
            let report = try await Program.output("/usr/bin/h2load", load)
            #expect(report.contains("500 succeeded, 0 failed, 0 errored"), "\(report)")
            #expect(report.contains("ALPN Protocol: h2") || report.contains("Application protocol: h2"), "\(report)")
        }
    }

    @Test func `a client that trusts another authority, or another name, does not connect`() async throws {
        try await self.withTLS { port, authority, _ in
            let other = try CertificateAuthority(in: authority.folder, name: "other")
            let untrusted = try await self.curl(["--cacert", other.certificate, "https://localhost:\(port)/plain"])
            #expect(untrusted.contains("certificate problem"), "\(untrusted)")
            let misnamed = try await self.curl([
                "--cacert", authority.certificate, "--resolve", "tally.example:\(port):127.0.0.1",
                "https://tally.example:\(port)/plain",
            ])
            #expect(misnamed.contains("no alternative certificate subject name matches"), "\(misnamed)")
        }
    }

    @Test func `with a client authority only its clients are served`() async throws {
        try await self.withTLS(asksClients: true) { port, authority, _ in
            let other = try CertificateAuthority(in: authority.folder, name: "other")
            let client = try authority.issue("client", names: "DNS:nginx")
            let stranger = try other.issue("stranger", names: "DNS:nginx")
            let url = ["--cacert", authority.certificate, "https://localhost:\(port)/plain"]
            let served = try await self.curl(["--cert", client.certificate, "--key", client.key] + url)
            #expect(served.hasSuffix("plain"), "\(served)")
            let strange = try await self.curl(["--cert", stranger.certificate, "--key", stranger.key] + url)
            #expect(strange.hasPrefix("curl: ") && !strange.contains("HTTP/"), "\(strange)")
            let nobody = try await self.curl(url)
            #expect(nobody.hasPrefix("curl: ") && !nobody.contains("HTTP/"), "\(nobody)")
        }
    }

    @Test func `TLS 1 1 is refused, TLS 1 2 and 1 3 are spoken`() async throws {
        try await self.withTLS { port, authority, _ in
            for (version, isSpoken) in [("1.1", false), ("1.2", true), ("1.3", true)] {
                let answer = try await self.curl([
                    "--tlsv\(version)", "--tls-max", version, "--ciphers", "DEFAULT@SECLEVEL=0", "--cacert",
                    authority.certificate, "https://localhost:\(port)/plain",
                ])
                #expect(answer.hasSuffix("plain") == isSpoken, "\(version): \(answer)")
            }
        }
    }

    @Test func `plain HTTP on the port of TLS is closed without an answer`() async throws {
        try await self.withTLS { port, _, _ in
            let client = try await RawConnection.open(port: port)
            try await client.send(get("/plain"))
            let answer = try await client.readToEnd()
            #expect(!answer.contains("HTTP/"))
        }
    }

    @Test(arguments: ["", "\u{16}\u{03}\u{01}"])
    func `a handshake that does not get on is closed within the time for a head`(beginning: String) async throws {
        let limits = limits {
            $0.headDeadline = .milliseconds(300)
            $0.idleTimeout = .hours(1)
        }
        try await self.withTLS(limits) { port, _, _ in
            let client = try await RawConnection.open(port: port)
            if !beginning.isEmpty { try await client.send(beginning) }
            _ = try await client.readToEnd()
        }
    }

    @Test func `a renewed certificate is shown to the next connection`() async throws {
        try await self.withTLS { port, authority, certificate in
            let url = "https://localhost:\(port)/plain"
            let next = try CertificateAuthority(in: try TemporaryFolder("tally-tls").url)
            let issued = try next.issue("server")
            #expect(try await self.curl(["--cacert", next.certificate, url]).contains("certificate problem"))
            let files = FileManager.default
            // A key that the certificate is not for: the old pair stays.
            try files.removeItem(at: authority.folder.appending(path: "server.key"))
            try files.copyItem(atPath: issued.key, toPath: authority.folder.appending(path: "server.key").path)
            certificate.look()
            #expect(try await self.curl(["--cacert", authority.certificate, url]).hasSuffix("plain"))
            try files.removeItem(at: authority.folder.appending(path: "server.pem"))
            try files.copyItem(atPath: issued.certificate, toPath: authority.folder.appending(path: "server.pem").path)
            certificate.look()
            #expect(try await self.curl(["--cacert", next.certificate, url]).hasSuffix("plain"))
        }
    }
}
