import Testing

/// The rules that compare the sources with what is deployed, on small trees of their own.
@Suite
struct DeploymentRuleTests {
    @Test
    func `a command that Redis's user may not do is found`() {
        let users = TidyFile(DeploymentRules.users, "user default off\nuser tally on ~a:* -@all +get\n")
        let swift = TidyFile(
            "Sources/A/A.swift",
            """
            RedisCommand("GET", k)
            RedisCommand(
                "CONFIG",
                "GET")
            RedisCommand("CONFIG", "SET")
            """
        )
        let lua = TidyFile("Sources/A/a.lua", "redis.call(\"GET\", KEYS[1])\nredis.pcall('DEL', KEYS[1])\n")
        #expect(
            DeploymentRules.commands([users, swift, lua]).map(\.message) == [
                "docker/users.acl does not allow config|set", "docker/users.acl does not allow del",
            ]
        )
        #expect(DeploymentRules.commands([users, TidyFile("Tests/A.swift", swift.text)]).isEmpty)
    }

    @Test
    func `an image of another version is found`() {
        let version = TidyFile(DeploymentRules.version, "static let number = \"1.2.0\"\n")
        let file = TidyFile("docker/Dockerfile", "FROM x\nARG VERSION=1.2.0\n")
        let compose = TidyFile("docker/compose.yaml", "image: tally:${TALLY_VERSION:-1.1.0}\n")
        #expect(DeploymentRules.versions([version, file, compose]).map(\.path) == ["docker/compose.yaml"])
    }

    @Test
    func `ports for gRPC that differ are found`() {
        let settings = TidyFile("Sources/App/Settings/S.swift", "Setting(\"port\", .integer, default: \"8081\", \"P\")")
        let command = TidyFile("Sources/tally/DevCommand.swift", "var grpcPort = 8082\n")
        func readme(_ text: String) -> TidyFile { TidyFile("README.md", text) }
        #expect(DeploymentRules.ports([settings, command, readme("gRPC: :8082")]).isEmpty)
        #expect(DeploymentRules.ports([settings, command, readme("gRPC: :8083")]).map(\.path) == ["README.md"])
        #expect(DeploymentRules.ports([settings, command, readme("none")]).map(\.path) == ["README.md"])
        let same = TidyFile("Sources/tally/DevCommand.swift", "var grpcPort = 8081\n")
        #expect(DeploymentRules.ports([settings, same]).count == 1)
    }
}
