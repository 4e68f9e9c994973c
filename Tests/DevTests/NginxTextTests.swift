import Dev
import Foundation
import Testing

/// The configuration in all its shapes, read by nginx itself, and what is refused before it is one.
struct NginxTextTests {
    private static let small = NginxConfiguration(
        inside: "127.0.0.1:9113",
        instances: ["tally-serve:8081"],
        folder: "/writable",
        accessLog: "/dev/stdout"
    )

    private static func shape(_ change: (inout NginxConfiguration) -> Void) -> NginxConfiguration {
        var shape = Self.small
        shape.http = "8080"
        change(&shape)
        return shape
    }

    /// Whether nginx takes the text; the names in it are made to lead somewhere.
    private func complaint(_ configuration: NginxConfiguration) async throws -> String {
        try await withFolder { folder in
            let openssl = try Programs.find("openssl", package: "openssl")
            _ = try await DevCertificates.make(in: folder, openssl: openssl, address: "127.0.0.1")
            let text = configuration.text.replacing("/tls/", with: "\(folder)/").replacing("/writable", with: folder)
                .replacing("tally-serve:", with: "127.0.0.1:")
            #expect(!text.contains(#/\$\{TALLY_NGINX_[A-Z]/#))
            try text.write(toFile: "\(folder)/nginx.conf", atomically: true, encoding: .utf8)
            return try nginxComplaint(folder: folder)
        }
    }

    private static let pair = NginxConfiguration.Pair(certificate: "/tls/nginx.pem", key: "/tls/nginx.key")
    private static let instances = NginxConfiguration.Instances(authority: "/tls/ca.pem", name: "a.b")

    @Test func `nginx takes every shape`() async throws {
        let shapes: [NginxConfiguration] = [
            Self.shape { _ in }, Self.shape { $0.http = "127.0.0.1:8080" }, Self.shape { $0.http = "[::1]:8080" },
            Self.shape { $0.grpc = "0.0.0.0:8082" },
            Self.shape {
                $0.http = ""
                $0.tls = "0.0.0.0:8443"
                $0.certificate = Self.pair
            },
            Self.shape {
                $0.tls = "0.0.0.0:8443"
                $0.certificate = Self.pair
                $0.host = "tally.example:8443"
                $0.redirect = "https://tally.example"
                $0.hstsSeconds = 31_536_000
                $0.limit = .init(rate: 100, burst: 200, open: 500)
                $0.trusted = ["10.0.0.0/8", "fd00::/8"]
                $0.instanceTLS = Self.instances
                $0.instanceTLS?.client = Self.pair
                $0.instances = ["tally-serve:8081", "tally-serve:8083"]
                $0.workers = 4
            },
            Self.shape { $0.limit = .init(rate: 1, burst: 0, open: 1) },
            Self.shape { $0.instanceTLS = Self.instances },
        ]
        for shape in shapes {
            let complaint = try await self.complaint(shape)
            #expect(complaint == "", "\(shape)")
        }
        // The test itself can fail.
        let complaint = try await self.complaint(Self.shape { $0.http = "nonsense;" })
        #expect(complaint.contains("nonsense"))
    }

    @Test func `what would be no value is refused`() throws {
        try Self.shape { $0.http = "127.0.0.1:8080" }.validate()
        let wrong: [(inout NginxConfiguration) -> Void] = [
            { $0.http = "8080" }, { $0.http = "127.0.0.1:0" }, { $0.http = "127.0.0.1:1;" }, { $0.http = "" },
            { $0.grpc = "127.0.0.1:8080" }, { $0.inside = "" }, { $0.inside = "127.0.0.1:8080" },
            { $0.tls = "127.0.0.1:8443" }, { $0.certificate = Self.pair }, { $0.redirect = "https://a" },
            { $0.host = "" },
            { $0.host = "a b" }, { $0.host = "$host" },
            { $0.instances = [] }, { $0.instances = ["a"] }, { $0.instances = ["a:1 down"] },
            { $0.instances = ["a:70000"] }, { $0.trusted = ["all"] }, { $0.trusted = ["10.0.0.0/8; allow all"] },
            { $0.user = "a;b" }, { $0.workers = 0 }, { $0.stopSeconds = 0 }, { $0.hstsSeconds = -1 },
            {
                $0.tls = "127.0.0.1:8443"
                $0.certificate = Self.pair
                $0.redirect = "https://$host"
            },
            { $0.limit = .init(rate: 0, burst: 0, open: 1) }, { $0.limit = .init(rate: 1, burst: -1, open: 1) },
            { $0.limit = .init(rate: 1, burst: 0, open: 0) }, { $0.folder = "" }, { $0.folder = "a\"b" },
            { $0.accessLog = "/a$b" }, { $0.instanceTLS = .init(authority: "", name: "a") },
            { $0.instanceTLS = .init(authority: "/a", name: "a b") },
        ]
        for (index, change) in wrong.enumerated() {
            let shape = Self.shape { nginx in
                nginx.http = "127.0.0.1:8080"
                change(&nginx)
            }
            #expect(throws: NginxConfigurationError.self, "\(index)") { try shape.validate() }
        }
    }

    /// nginx repeats a request only at another server of the list.
    @Test func `an instance that is alone is named twice`() {
        let servers = { (text: String) in text.matches(of: #/ server [\w.:-]+ max_fails=0;/#).count }
        #expect(servers(Self.small.text) == 4)
        #expect(servers(Self.shape { $0.instances = ["a:1", "b:1", "c:1"] }.text) == 6)
    }

    @Test func `the template's head explains each word that it has`() {
        let words = Self.small.words.map(\.name)
        let template = contents(Self.template) ?? ""
        let used = Set(template.matches(of: #/\$\{TALLY_NGINX_([A-Z_]+)\}/#).map { String($0.1) })
        let explained = Set(template.matches(of: #/(?m)^#   TALLY_NGINX_([A-Z_]+) /#).map { String($0.1) })
        #expect(used == Set(words) && explained == used)
    }

    private static let template = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "deploy/k8s/base/nginx.conf.template").path
}
