import Dev
import Foundation
import Testing

/// The configuration that the compose file and the manifests give nginx, read by nginx itself.
struct NginxShippedTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func file(_ path: String) throws -> String {
        try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
    }

    /// `NAME=value` lines; of a later file they win.
    private func words(_ paths: [String]) throws -> [String: String] {
        var words: [String: String] = [:]
        for path in paths {
            for match in try self.file(path).matches(of: #/(?m)^(TALLY_NGINX_[A-Z_]+)=(.*)$/#) {
                words[String(match.1)] = String(match.2)
            }
        }
        return words
    }

    /// `NAME: value` lines, as compose reads them: quotes, `$$`, and what stands behind `:-` when nothing is set.
    private func composeWords() throws -> [String: String] {
        var words: [String: String] = [:]
        for match in try self.file("docker/compose.yaml").matches(of: #/(?m)^ +(TALLY_NGINX_[A-Z_]+): (.*)$/#) {
            let bare = String(match.2).replacing(#/^"(.*)"$/#) { String($0.output.1) }
            words[String(match.1)] = bare.replacing(#/^\$\{\w+:-(.*)\}$/#) { String($0.output.1) }.replacing(
                "$$",
                with: "$"
            )
        }
        return words
    }

    private func complaint(_ words: [String: String]) async throws -> String {
        try await withFolder { folder in
            let openssl = try Programs.find("openssl", package: "openssl")
            _ = try await DevCertificates.make(in: folder, openssl: openssl, address: "127.0.0.1")
            var text = try self.file("deploy/k8s/base/nginx.conf.template")
            // A word that nobody gave stays, as with envsubst, and nginx does not take it.
            for (name, value) in words { text = text.replacing("${\(name)}", with: value) }
            // Names of other machines and their files lead nowhere here.
            text = text.replacing("\"/tmp/", with: "\"\(folder)/")
                .replacing(#/server [a-z0-9-]+:/#, with: "server 127.0.0.1:")
                .replacing(#/trusted_certificate [^;]+/#, with: "trusted_certificate \"\(folder)/ca.pem\"")
                .replacing(#/(certificate_key) \/[^;]+/#) { "\($0.output.1) \"\(folder)/nginx.key\"" }
                .replacing(#/(_certificate) \/[^;]+/#) { "\($0.output.1) \"\(folder)/nginx.pem\"" }
            try text.write(toFile: "\(folder)/nginx.conf", atomically: true, encoding: .utf8)
            return try nginxComplaint(folder: folder)
        }
    }

    @Test func `nginx takes what the manifests say`() async throws {
        let base = try self.words(["deploy/k8s/base/nginx.env"])
        let prod = try self.words(["deploy/k8s/base/nginx.env", "deploy/k8s/overlays/prod/nginx.env"])
        #expect(prod["TALLY_NGINX_SECURE"] == "s" && prod["TALLY_NGINX_LISTEN"]?.contains(" ssl ") == true)
        for words in [base, prod] {
            let complaint = try await self.complaint(words)
            #expect(complaint == "")
        }
        var incomplete = base
        incomplete["TALLY_NGINX_RATE"] = nil
        let complaint = try await self.complaint(incomplete)
        #expect(complaint.contains("TALLY_NGINX_RATE"))
    }

    @Test func `nginx takes what the compose file says`() async throws {
        let words = try self.composeWords()
        #expect(words["TALLY_NGINX_UPSTREAMS"]?.contains("instance-2:") == true)
        let complaint = try await self.complaint(words)
        #expect(complaint == "")
    }
}
