import Testing

/// The rules that compare the sources with what is deployed, on small trees of their own.
@Suite
struct DeploymentRuleTests {
    @Test
    func `a command that Redis's user may not do is found`() {
        let users = TidyFile(DeploymentRules.users, "user default off\nuser tally on ~a:* -@all +get +config|get\n")
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
}
