import Redis
import Support
import Testing

struct DemotionTests {
    private let replica = "# Replication\r\nrole:slave\r\nmaster_host:role:master\r\n"
    private let primary = "# Replication\r\nrole:master\r\n"

    @Test func `a server that was demoted is left at once, and one that stays a replica ever more seldom`() {
        var demotion = Demotion()
        let start = Uptime(nanoseconds: 0)
        let isLeftAtFirst = demotion.shouldLeave(self.primary, at: start)
        #expect(!isLeftAtFirst)
        var leavings: [Int] = []
        for second in 0..<120 where demotion.shouldLeave(self.replica, at: start + .seconds(second)) {
            leavings.append(second)
        }
        #expect(leavings == [0, 2, 6, 14, 30, 62, 94])
        let isLeftAsPrimary = demotion.shouldLeave(self.primary, at: start + .seconds(120))
        let isLeftAgain = demotion.shouldLeave(self.replica, at: start + .seconds(121))
        #expect(!isLeftAsPrimary && isLeftAgain)
    }

    @Test(arguments: ["", "role:slaves", "xrole:slave", "# Replication\r\nmaster_host:role:slave\r\n"])
    func `an answer that names no role changes nothing`(text: String) {
        var demotion = Demotion()
        let isLeft = demotion.shouldLeave(text, at: Uptime(nanoseconds: 0))
        #expect(!isLeft)
    }

    /// A connection that only reads, and one that waits in Redis, learn nothing from what they are answered.
    @Test func `all connections leave a demoted server, those that only read and private ones too`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        try await withNode(RedisConfiguration(url: server.url)) { (redis: RedisNode) async throws in
            let tail = redis.privateConnection(name: "tail")
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await tail.run() }
                defer { group.cancelAll() }
                try await eventually { redis.isReady && tail.isReady }
                let before = try await Self.clients(server)
                #expect(before.count > 1)
                redis.leaveReplicas()
                _ = try await tail.send(RedisCommand("PING"))
                #expect(try await Self.clients(server) == before)
                _ = try await Program.output(
                    "/usr/bin/redis-cli",
                    ["-p", "\(server.port)", "REPLICAOF", "127.0.0.1", "1"]
                )
                redis.leaveReplicas()
                try await eventually("they have new connections") {
                    let now = try await Self.clients(server)
                    return now.isDisjoint(with: before) && now.count == before.count
                }
            }
        }
    }

    /// The numbers of the node's connections, by the server's own list.
    private static func clients(_ server: RedisServer) async throws -> Set<Substring> {
        let list = try await Program.output("/usr/bin/redis-cli", ["-p", "\(server.port)", "CLIENT", "LIST"])
        let lines = list.split(whereSeparator: \.isNewline).filter { $0.contains(" name=tally") }
        return Set(lines.compactMap { $0.split(separator: " ").first })
    }
}
