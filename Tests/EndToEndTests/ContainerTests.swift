import Foundation
import Support
import Testing

/// What stands in `docker/`, as far as it can be held against something without an engine.
struct ContainerTests {
    private let root: URL = {
        var root = URL(filePath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return root
    }()

    /// `containers.py` with packages that `scripts/clients` installs.
    private func check(_ command: String, _ file: String) async throws {
        let program = try Program(
            self.root.appending(path: "scripts/clients").path,
            [self.root.appending(path: "Tests/EndToEndTests/Peer/containers.py").path, command, file]
        )
        try await program.end(within: .seconds(300))
        #expect(program.exitCode == 0, "\(program.output)")
    }

    @Test(arguments: ["compose", "broken"])
    func `the compose file is one, hardened, and each change for the worse is noticed`(command: String) async throws {
        try await self.check(command, self.root.appending(path: "docker/compose.yaml").path)
    }

    @Test func `the SBOM is CycloneDX, names what is linked, and is the same again`() async throws {
        let folder = try TemporaryFolder("sbom")
        let file = folder.url.appending(path: "tally.cdx.json")
        let script = self.root.appending(path: "scripts/sbom").path
        let command = "'\(script)' '\(TallySystem.executable)'"
        let first = try await TallySystem.output("/bin/bash", ["-c", command])
        try first.write(to: file, atomically: true, encoding: .utf8)
        try await self.check("sbom", file.path)
        for name in ["swift-nio", "hummingbird", "boringssl", "libhiredis0.14", "libcurl4", "libsecp256k1-1"] {
            #expect(first.contains("\"name\": \"\(name)\""), "\(name) is missing")
        }
        #expect(try await TallySystem.output("/bin/bash", ["-c", command]) == first)
    }

    @Test func `passwords are made once, each its own, and Redis takes the file of users`() async throws {
        let folder = try TemporaryFolder("secrets")
        let text = try String(contentsOf: self.root.appending(path: "docker/make-secrets"), encoding: .utf8)
        // The container's folders become ours; giving files away is for root.
        let here = text.replacing("/etc/tally/", with: "\(self.root.path)/docker/")
            .replacing("/secrets/", with: "\(folder.url.path)/").replacing(#/chown .*/#, with: "")
        for name in ["redis", "tally", "grafana"] {
            try FileManager.default.createDirectory(
                at: folder.url.appending(path: name),
                withIntermediateDirectories: false
            )
        }
        func make() async throws -> [String] {
            _ = try await TallySystem.output("/bin/bash", ["-c", here])
            return try ["redis/operator-password", "tally/redis-password", "grafana/admin-password", "redis/users.acl"]
                .map { try String(contentsOf: folder.url.appending(path: $0), encoding: .utf8) }
        }
        let first = try await make()
        #expect(try await make() == first)
        #expect(Set(first).count == 4 && first.allSatisfy { $0.count >= 43 })
        var options = RedisServer.Options()
        options.users = first[3].split(separator: "\n").map(String.init)
        let server = try RedisServer(options)
        defer { server.kill() }
        for (user, password, answer) in [
            ("tally", first[1], "PONG"), ("operator", first[0], "PONG"),
            ("ping", "none", "PONG"), ("tally", "x", "NOAUTH"), ("default", "", "NOAUTH"),
        ] {
            let login = ["--no-auth-warning", "--user", user, "--pass", password]
            let said = try await TallySystem.output("/usr/bin/redis-cli", ["-p", "\(server.port)"] + login + ["PING"])
            #expect(said.contains(answer), "\(user): \(said)")
        }
    }
}
