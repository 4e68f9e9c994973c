import Foundation
import Support
import Testing

/// The files in `docker/`, as far as they can be held against something without an engine.
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

    /// `docker/make-secrets` with folders of ours; giving files away is for root.
    private func makeSecrets(_ folder: TemporaryFolder, _ argument: String = "") async throws -> [String] {
        let text = try String(contentsOf: self.root.appending(path: "docker/make-secrets"), encoding: .utf8)
        let here = text.replacing("/etc/tally/", with: "\(self.root.path)/docker/")
            .replacing("/secrets/", with: "\(folder.url.path)/").replacing(#/chown .*/#, with: "")
        _ = try await TallySystem.output("/bin/bash", ["-c", here, "make-secrets", argument])
        return try ["redis/operator-password", "tally/redis-password", "grafana/admin-password", "redis/users.acl"]
            .map { try String(contentsOf: folder.url.appending(path: $0), encoding: .utf8) }
    }

    private func ping(_ server: RedisServer, _ user: String, _ password: String) async throws -> Bool {
        let login = ["--no-auth-warning", "--user", user, "--pass", password]
        return try await TallySystem.output("/usr/bin/redis-cli", ["-p", "\(server.port)"] + login + ["PING"])
            .hasSuffix("PONG\n")
    }

    @Test func `passwords are made once, each its own, and a new one counts together with the one before`() async throws
    {
        let folder = try TemporaryFolder("secrets")
        for name in ["redis", "tally", "grafana"] {
            try FileManager.default.createDirectory(
                at: folder.url.appending(path: name),
                withIntermediateDirectories: false
            )
        }
        let first = try await self.makeSecrets(folder)
        #expect(try await self.makeSecrets(folder) == first)
        #expect(Set(first).count == 4 && first.allSatisfy { $0.count >= 43 })
        var options = RedisServer.Options()
        options.arguments = ["--aclfile", folder.url.appending(path: "redis/users.acl").path]
        let server = try RedisServer(options)
        defer { server.kill() }
        for (user, password) in [("tally", first[1]), ("operator", first[0]), ("ping", "none")] {
            #expect(try await self.ping(server, user, password), "\(user)")
        }
        for (user, password) in [("tally", "none"), ("operator", first[1]), ("default", "none")] {
            #expect(try await !self.ping(server, user, password), "\(user)")
        }

        let operatorLogin = ["-p", "\(server.port)", "--no-auth-warning", "--user", "operator", "--pass", first[0]]
        let load = operatorLogin + ["ACL", "LOAD"]
        let second = try await self.makeSecrets(folder, "rotate")
        #expect(second[1] != first[1] && second[0] == first[0] && second[2] == first[2])
        #expect(try await TallySystem.output("/usr/bin/redis-cli", load) == "OK\n")
        for password in [first[1], second[1]] { #expect(try await self.ping(server, "tally", password)) }
        #expect(try await self.makeSecrets(folder, "forget")[1] == second[1])
        #expect(try await TallySystem.output("/usr/bin/redis-cli", load) == "OK\n")
        #expect(try await self.ping(server, "tally", second[1]))
        #expect(try await !self.ping(server, "tally", first[1]))
    }
}
