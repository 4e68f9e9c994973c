import Dev
import Foundation
import Support
import Testing

/// nginx with TLS, towards clients and towards instances.
struct NginxTLSTests {
    private func run(_ program: String, _ arguments: [String]) async throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    /// The last of the arguments is a path.
    private func curl(_ entry: NginxEntry, _ arguments: [String]) async throws -> String {
        let url = "https://localhost:\(entry.tls)\(arguments.last ?? "/")"
        let options = ["-sSi", "--max-time", "20", "--cacert", "\(entry.prefix)/tls/ca.pem"]
        return try await self.run("curl", options + arguments.dropLast() + [url])
    }

    private func makeCertificates(_ entry: NginxEntry) async throws -> DevCertificates {
        let openssl = try Programs.find("openssl", package: "openssl")
        return try await DevCertificates.make(in: "\(entry.prefix)/tls", openssl: openssl, address: "127.0.0.1")
    }

    private func withTLS(
        upstreams: [Int],
        change: (inout NginxConfiguration, NginxEntry) -> Void = { _, _ in },
        _ body: (NginxEntry) async throws -> Void
    ) async throws {
        let addTLS: (inout NginxConfiguration, NginxEntry) async throws -> Void = { nginx, entry in
            nginx.tls = "127.0.0.1:\(entry.tls)"
            nginx.certificate = try await self.makeCertificates(entry).pair("nginx")
            nginx.hstsSeconds = 31_536_000
            change(&nginx, entry)
        }
        try await withNginx(upstreams: upstreams, change: addTLS, body)
    }

    @Test(arguments: [("--http1.1", "HTTP/1.1"), ("--http2", "HTTP/2")])
    func `clients choose the protocol, and browsers are told to insist on TLS`(
        option: String,
        version: String
    ) async throws {
        try await withUpstream(.answering) { upstream in
            try await self.withTLS(upstreams: [upstream.port]) { entry in
                for path in ["/", "/api/verve/accept?id=1", "/distribute?address=0x1", "/.tally/malformed-request"] {
                    let answer = try await self.curl(entry, [option, path]).lowercased()
                    #expect(answer.hasPrefix("\(version) ".lowercased()), "\(answer)")
                    #expect(answer.contains("strict-transport-security: max-age=31536000\r\n"), "\(answer)")
                }
                #expect(upstream.lastRequest.contains("\r\nX-Forwarded-Proto: https\r\n"))
                let plain = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                let open = try await exchange(plain, port: entry.http)
                #expect(!open.contains("Strict-Transport-Security"))
                #expect(upstream.lastRequest.contains("\r\nX-Forwarded-Proto: http\r\n"))
            }
        }
    }

    @Test func `what nginx says by itself is said with TLS, too`() async throws {
        try await self.withTLS(upstreams: [try freePort()]) { entry in
            let grpc = ["--http2", "-H", "Content-Type: application/grpc", "-d", "{}"]
            let call = try await self.curl(entry, grpc + ["/coupon.v1.CouponService/IssueCoupon"])
            #expect(call.contains("HTTP/2 200") && call.contains("grpc-status: 14"), "\(call)")
            let accept = try await self.curl(entry, ["/api/verve/accept?id=1"])
            #expect(accept.contains("503") && accept.contains("strict-transport-security"), "\(accept)")
            // Plain HTTP on the port of TLS.
            let plain = try await exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n", port: entry.tls)
            #expect(plain.hasPrefix("HTTP/1.1 400") && plain.contains("/problems/malformed-request"))
        }
    }

    @Test func `only TLS 1 2 and 1 3 are spoken, with forward secrecy`() async throws {
        try await withUpstream(.answering) { upstream in
            try await self.withTLS(upstreams: [upstream.port]) { entry in
                for (version, ciphers, isSpoken) in [
                    ("1.1", "DEFAULT@SECLEVEL=0", false), ("1.2", "AES128-GCM-SHA256", false),
                    ("1.2", "ECDHE+AESGCM", true), ("1.3", "DEFAULT", true),
                ] {
                    let options = ["--tlsv\(version)", "--tls-max", version, "--ciphers", ciphers]
                    let answer = try await self.curl(entry, options + ["/"])
                    #expect(answer.hasSuffix("ok") == isSpoken, "\(version) \(ciphers): \(answer)")
                }
            }
        }
    }

    @Test func `requests without TLS are sent to TLS where that is wanted`() async throws {
        try await withUpstream(.answering) { upstream in
            let redirect: (inout NginxConfiguration, NginxEntry) -> Void = { nginx, entry in
                nginx.redirect = "https://tally.example:\(entry.tls)"
            }
            try await self.withTLS(upstreams: [upstream.port], change: redirect) { entry in
                let request = "POST /users/a/add?x=%20y HTTP/1.1\r\nHost: a.example:1\r\nContent-Length: 2\r\n\r\n{}"
                let answer = try await exchange(request, port: entry.http, until: "\r\n\r\n")
                #expect(answer.hasPrefix("HTTP/1.1 308"))
                #expect(
                    answer.contains("Location: https://tally.example:\(entry.tls)/users/a/add?x=%20y\r\n"),
                    "\(answer)"
                )
                #expect(upstream.hits == 0)
                let followed = try await self.curl(entry, ["/"])
                #expect(followed.hasSuffix("ok"))
            }
        }
    }

    @Test(arguments: [("instance", "ca", true), ("redis", "ca", false), ("instance", "nginx", false)])
    func `an instance has to prove its name`(part: String, authority: String, isBelieved: Bool) async throws {
        try await withFolder { folder in
            let openssl = try Programs.find("openssl", package: "openssl")
            let made = try await DevCertificates.make(in: folder, openssl: openssl, address: "127.0.0.1")
            let port = try freePort()
            let upstream = Process()
            upstream.executableURL = URL(filePath: openssl)
            upstream.arguments = [
                "s_server", "-accept", "127.0.0.1:\(port)", "-www", "-quiet", "-cert", made.pair(part).certificate,
                "-key", made.pair(part).key,
            ]
            upstream.standardInput = FileHandle.nullDevice
            upstream.standardOutput = FileHandle.nullDevice
            try upstream.run()
            defer {
                // It does not end when it is asked to.
                kill(upstream.processIdentifier, SIGKILL)
                upstream.waitUntilExit()
            }
            try await eventually("the instance listens") { await !PortFinder().isFree(port, host: "127.0.0.1") }
            let secure: (inout NginxConfiguration, NginxEntry) -> Void = { nginx, _ in
                nginx.instanceTLS = .init(authority: "\(folder)/\(authority).pem", name: DevCertificates.instanceName)
            }
            try await withNginx(upstreams: [port], change: secure) { entry in
                let request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                let answer = try await exchange(request, port: entry.http)
                #expect(answer.hasPrefix(isBelieved ? "HTTP/1.1 200" : "HTTP/1.1 503"), "\(answer)")
            }
        }
    }
}
