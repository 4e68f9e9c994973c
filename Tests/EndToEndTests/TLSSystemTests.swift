import Foundation
import Support
import Testing

/// TLS on the whole way: clients to nginx, nginx to instances, instances and workers to Redis.
@Suite(.timeLimit(.minutes(5)))
struct TLSSystemTests {
    private func authority(_ system: TallySystem) -> String { system.directory.appending(path: "tls/ca.pem").path }

    private func file(_ system: TallySystem, _ name: String) -> String {
        system.directory.appending(path: "tls/\(name)").path
    }

    private func ask(_ system: TallySystem, _ path: String, _ arguments: [String]) async throws -> String {
        let url = "https://localhost:\(try #require(system.ports.tls))\(path)"
        let options = ["-sSi", "--max-time", "20", "--cacert", self.authority(system)]
        return try await TallySystem.output("/usr/bin/curl", options + arguments + [url])
    }

    @Test func `requests of each kind go the whole way`() async throws {
        try await TallySystem.with(["--tls", "--tls-port", "0"]) { system in
            for version in ["--http1.1", "--http2"] {
                let accepted = try await self.ask(system, "/api/verve/accept?id=1", [version])
                #expect(accepted.contains(" 200") && accepted.hasSuffix("ok"), "\(accepted)")
                let add = [version, "-H", "Idempotency-Key: k", "--json", #"{"amount":"1.50"}"#]
                let added = try await self.ask(system, "/users/asha/add", add)
                #expect(added.contains(" 200") && added.contains(#""balance":"1.50""#), "\(added)")
                let create = [version, "--json", #"{"name":"launch","totalCoupons":2}"#]
                let made = try await self.ask(system, "/coupon.v1.CouponService/CreateCampaign", create)
                #expect(made.contains(" 200") && made.contains("campaignId"), "\(made)")
            }
            try await self.checkGRPC(system)
            try await self.checkInstances(system)
            try await self.checkRedis(system)
            try await self.checkCommand(system)
        }
    }

    /// gRPC on the port of TLS, by ALPN: a message of no bytes asks for the whole process.
    private func checkGRPC(_ system: TallySystem) async throws {
        let message = system.directory.appending(path: "message")
        try Data([0, 0, 0, 0, 0]).write(to: message)
        let fields = ["--http2", "-H", "Content-Type: application/grpc", "-H", "TE: trailers", "-o", "/dev/null"]
        let call = fields + ["--data-binary", "@\(message.path)", "-D", "-"]
        let answer = try await self.ask(system, "/grpc.health.v1.Health/Check", call)
        #expect(answer.contains("HTTP/2 200") && answer.contains("application/grpc"), "\(answer)")
        #expect(answer.contains("grpc-status: 0"), "\(answer)")
    }

    /// Instances speak to nginx alone.
    private func checkInstances(_ system: TallySystem) async throws {
        let port = try #require(system.ports.instances.first)
        let name = "instance.tally.internal"
        let url = "https://\(name):\(port)/api/verve/accept?id=2"
        let asked = [
            "-sS", "--cacert", self.authority(system), "--resolve", "\(name):\(port):127.0.0.1",
            "-H", "Host: localhost",
        ]
        let shown = ["--cert", self.file(system, "nginx.pem"), "--key", self.file(system, "nginx.key")]
        #expect(try await TallySystem.output("/usr/bin/curl", asked + shown + [url]) == "ok")
        #expect(try await TallySystem.output("/usr/bin/curl", asked + [url]).hasPrefix("curl: "))
        #expect(try await curl("http://127.0.0.1:\(port)/").hasPrefix("curl: "))
    }

    /// `tally coupons` believes the authority that it is told, and nobody else.
    private func checkCommand(_ system: TallySystem) async throws {
        let url = "https://localhost:\(try #require(system.ports.tls))"
        let list = try await TallySystem.run(["coupons", "list", "--url", url, "--ca-file", self.authority(system)])
        #expect(list.code == 0 && list.output.contains("launch"), "\(list.output)")
        let unknown = try await TallySystem.run(["coupons", "list", "--url", url])
        #expect(unknown.code == 69 && unknown.output.contains("certificate is not believed"), "\(unknown.output)")
        let other = try await TallySystem.run(["coupons", "list", "--url", url, "--ca-file", "/nonexistent"])
        #expect(other.code == 64 && other.output.contains("--ca-file: cannot read /nonexistent"), "\(other.output)")
        for load in ["accept --requests 50 --no-check", "mixed --mix add=1,balance=1 --rate 20 --seconds 1 --users 4"] {
            let words = ["load"] + load.split(separator: " ").map(String.init) + ["--connections", "2", "--url", url]
            let place = ["--ca-file", self.authority(system)]
            let loaded = try await TallySystem.run(words + place)
            #expect(loaded.code == 0, "\(loaded.output)")
            let stranger = try await TallySystem.run(words)
            #expect(stranger.code == 69 && stranger.output.contains("not believed"), "\(stranger.output)")
        }
    }

    /// The commands of operators have the same settings as everything else.
    private func checkRedis(_ system: TallySystem) async throws {
        let url = "rediss://localhost:\(system.ports.redis)"
        let believed = ["--redis-url", url, "--redis-ca-file", self.authority(system)]
        let shown = [
            "--redis-certificate-file", self.file(system, "instance.pem"), "--redis-key-file",
            self.file(system, "instance.key"),
        ]
        let audit = try await TallySystem.run(["audit", "ledger"] + believed + shown)
        #expect(audit.code == 0 && audit.output.contains("CLEAN"), "\(audit.output)")
        #expect(try await TallySystem.run(["payments", "dead"] + believed + shown).code == 0)
        #expect(try await TallySystem.run(["audit", "ledger"] + believed).code != 0)
        #expect(try await TallySystem.run(["audit", "ledger", "--redis-url", url] + shown).code != 0)
    }

    @Test func `an ACL user with a password file proves the ledger inside of TLS`() async throws {
        var options = RedisServer.Options()
        options.usesTLS = true
        options.users = ["user default off", "user tally on >s3cret~/ ~* &* +@all"]
        let server = try RedisServer(options)
        defer { server.kill() }
        let password = server.folder.url.appending(path: "password")
        try "s3cret~/\n".write(to: password, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: password.path)
        let environment = [
            "TALLY_REDIS_URL": "rediss://tally@localhost:\(server.tlsPort)", "TALLY_REDIS_CA_FILE": server.certificate,
            "TALLY_REDIS_PASSWORD_FILE": password.path,
        ]
        let audit = try await TallySystem.run(["audit", "ledger"], environment)
        #expect(audit.code == 0 && audit.output.contains("CLEAN"), "\(audit.output)")
    }

    @Test(arguments: [
        (
            ["--http-certificate-file", "/nowhere/a.pem", "--http-key-file", "/nowhere/a.key"],
            "cannot read /nowhere/a.p"
        ),
        (["--http-certificate-file", "/nowhere/a.pem"], "only of use together"),
        (["--http-client-ca-file", "/nowhere/ca.pem"], "of no use without http.certificateFile"),
        (["--redis-url", "rediss://localhost:1", "--redis-ca-file", "/nowhere/ca.pem"], "cannot read /nowhere/ca.pem"),
        (["--redis-ca-file", "/nowhere/ca.pem"], "rediss://"),
    ])
    func `what cannot be used stops the start, and is named`(arguments: [String], text: String) async throws {
        let start = try await TallySystem.run(["serve", "--port", "0", "--admin-port", "0"] + arguments)
        #expect(start.code != 0 && start.output.contains(text), "\(start.output)")
    }

    @Test func `the printed configuration is what nginx takes`() async throws {
        let printed = try await TallySystem.run([
            "nginx", "--instance", "127.0.0.1:8081", "--instance", "127.0.0.1:8084", "--rate", "100", "--listen",
            "127.0.0.1:18999", "--trusted", "10.0.0.0/8",
        ])
        #expect(printed.code == 0)
        let file = try TemporaryFolder("tally-nginx").url.appending(path: "nginx.conf")
        try printed.output.write(to: file, atomically: true, encoding: .utf8)
        let said = try await TallySystem.output("/usr/sbin/nginx", ["-t", "-c", file.path, "-e", "stderr"])
        #expect(said.contains("test is successful"), "\(said)")
        for wrong in [[], ["--instance", "a"], ["--instance", "a:1", "--tls-listen", "0.0.0.0:1"]] {
            let refused = try await TallySystem.run(["nginx"] + wrong)
            #expect(refused.code == 64 && refused.output.contains("Error: "), "\(refused.output)")
        }
    }
}
