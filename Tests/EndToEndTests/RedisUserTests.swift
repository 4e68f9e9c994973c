import Foundation
import Support
import Testing

/// The Redis user of containers, `docker/users.acl`, may do all that Tally does, and nothing else.
struct RedisUserTests {
    /// The user may not ask Redis how often it flushes: with that it could read passwords.
    private static let vouched = ["--redis-append-fsync", "always"]

    /// The rules of a user, as words of `ACL SETUSER`.
    private func rules(of user: String) throws -> [String] {
        var file = URL(filePath: #filePath)
        for _ in 0..<3 { file.deleteLastPathComponent() }
        let text = try String(contentsOf: file.appending(path: "docker/users.acl"), encoding: .utf8)
        let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        let line = try #require(lines.first { $0.prefix(2) == ["user", user] })
        // The placeholder of the password.
        return line.dropFirst(2).filter { !$0.hasPrefix("#") }
    }

    private func redis(_ system: TallySystem, _ arguments: [String], user: String = "operator") async throws -> String {
        let login = user.isEmpty ? [] : ["--user", user, "--pass", "secret", "--no-auth-warning"]
        return try await TallySystem.output(
            "/usr/bin/redis-cli",
            ["-p", "\(system.ports.redis)"] + login + arguments
        )
    }

    /// Gives every process of the system the rules of the file, at once, and to itself another user.
    private func restrict(_ system: TallySystem) async throws {
        let everything = ["on", ">secret", "~*", "&*", "+@all"]
        #expect(try await self.redis(system, ["ACL", "SETUSER", "operator"] + everything, user: "") == "OK\n")
        // The processes connect as the default user, which needs no password here.
        let rules = ["reset", "nopass"] + (try self.rules(of: "tally"))
        #expect(try await self.redis(system, ["ACL", "SETUSER", "default"] + rules) == "OK\n")
        for name in ["instance-1", "worker-1"] {
            let before = try system.pid(name)
            try system.kill(name, SIGTERM)
            try await eventually(name, within: .seconds(60)) {
                // Between the two there is none.
                (try? system.pid(name)).map { $0 != before } ?? false
            }
        }
        for port in system.ports.admin {
            try await eventually("readiness", within: .seconds(60)) {
                (try? await curl("http://127.0.0.1:\(port)/readyz")) == "ok\n"
            }
        }
    }

    private func tally(_ arguments: [String]) async throws {
        let ended = try await TallySystem.run(arguments)
        #expect(ended.code == 0, "\(arguments): \(ended.output.suffix(2000))")
    }

    /// Redis itself says whether it refused anything.
    private func expectNoRefusal(_ system: TallySystem) async throws {
        let log = try await self.redis(system, ["ACL", "LOG"])
        #expect(log == "\n", "\(log)")
    }

    @Test(arguments: ["setnx", "set", "hll"])
    func `ids are counted, and their reports leave`(store: String) async throws {
        let settings = Self.vouched + ["--uniques-store", store, "--uniques-window-seconds", "2"]
        try await TallySystem.with(settings) { system in
            try await self.restrict(system)
            let address = "redis://127.0.0.1:\(system.ports.redis)/0"
            try await self.tally(["load", "accept", "--url", system.url, "--requests", "2000", "--no-check"])
            try await eventually("a window is published", within: .seconds(30)) {
                try await self.redis(system, ["XLEN", "tally:uniques:counts"]) != "0\n"
            }
            try await self.tally(["uniques", "dead", "--redis-url", address])
            try await self.tally(["uniques", "replay", "--redis-url", address])
            try await self.expectNoRefusal(system)
        }
    }

    @Test(arguments: ["whole", "split"])
    func `money moves, and the audits read it`(steps: String) async throws {
        try await TallySystem.with(Self.vouched + ["--payments-steps", steps]) { system in
            try await self.restrict(system)
            let address = ["--redis-url", "redis://127.0.0.1:\(system.ports.redis)/0", "--payments-steps", steps]
            let size = ["--users", "20", "--transactions", "10"]
            try await self.tally(["load", "ledger", "--url", system.url, "--behind-proxy"] + size + address.prefix(2))
            let load = ["load", "payments", "--url", system.url, "--behind-proxy", "--accounts", "20", "--rate", "40"]
            try await self.tally(load + ["--seconds", "5", "--no-audit"])
            try await self.tally(["audit", "payments"] + address)
            try await self.tally(["payments", "dead"] + address)
            try await self.tally(["payments", "redrive"] + address)
            try await self.expectNoRefusal(system)
        }
    }

    @Test func `coins are sent, and coupons issued in each way`() async throws {
        try await TallySystem.with(Self.vouched + ["--money-durability", "local"], chain: []) { system in
            try await self.restrict(system)
            _ = try await FaucetTests.load(system, ["--request-timeout", "40"])
            let address = ["--redis-url", "redis://127.0.0.1:\(system.ports.redis)/0"]
            try await self.tally(["faucet", "status"] + address)
            for mode in [[], ["--leased"]] {
                let size = ["--coupons", "400", "--issues", "200", "--seconds", "2", "--start-in", "1"]
                try await self.tally(["load", "coupons", "--url", system.url, "--behind-proxy"] + size + mode)
            }
            try await self.tally(["audit", "coupons"] + address)
            try await self.expectNoRefusal(system)
        }
    }

    @Test func `nothing else is allowed`() async throws {
        try await TallySystem.with(Self.vouched) { system in
            try await self.restrict(system)
            let forbidden = [
                ["CONFIG", "GET", "masterauth"], ["CONFIG", "GET", "*"],
                ["GET", "other"], ["FLUSHALL"], ["KEYS", "*"], ["CONFIG", "SET", "appendonly", "no"], ["SHUTDOWN"],
                ["SCRIPT", "FLUSH"], ["ACL", "LIST"], ["MONITOR"], ["REPLICAOF", "NO", "ONE"],
                ["PUBLISH", "c", "m"], ["EVAL", "return redis.call('GET', 'other')", "0"], ["CLIENT", "LIST"],
                ["EVAL", "return redis.call('FLUSHALL')", "0"], ["FUNCTION", "LIST"], ["MODULE", "LIST"], ["SAVE"],
                ["EVAL", "return redis.call('GET', KEYS[1])", "1", "other"],
            ]
            for command in forbidden {
                let answer = try await self.redis(system, command, user: "")
                let isRefused = answer.contains("NOPERM") || answer.contains("The user executing the script can't")
                #expect(isRefused, "\(command): \(answer)")
            }
            #expect(try await self.redis(system, ["GET", "tally:x"], user: "") == "\n")
        }
    }
}
