import Foundation
import Support
import Testing

/// An instance and a worker that promise what a replica has acknowledged, with a primary and a replica of their own.
final class ReplicatedSystem: Sendable {
    let primary: RedisServer
    let replica: RedisServer
    let instance: Program
    let worker: Program
    let url: String
    let admin: String

    static func with(
        _ environment: [String: String] = [:],
        chain: ChainNode? = nil,
        _ body: (ReplicatedSystem) async throws -> Void
    ) async throws {
        let primary = try Self.server([])
        defer { primary.kill() }
        let replica = try Self.server(["--replicaof", "127.0.0.1", "\(primary.port)"])
        defer { replica.kill() }
        try await Self.joined(primary)
        var environment = environment
        if let chain { environment.merge(["TALLY_FAUCET_RPC": chain.url, "TALLY_FAUCET_KEYS": "development"]) { $1 } }
        let system = try Self(primary, replica, environment)
        do {
            try await eventually("the instance is ready", within: .seconds(60)) {
                guard system.instance.isRunning else {
                    throw TallySystem.Failure(description: system.instance.output)
                }
                return try await curl("\(system.admin)/readyz") == "ok\n"
            }
            try await body(system)
        } catch {
            await system.stop()
            throw error
        }
        await system.stop()
    }

    private init(_ primary: RedisServer, _ replica: RedisServer, _ environment: [String: String]) throws {
        let (port, admin) = (try freePort(), try freePort())
        let common = environment.merging([
            "TALLY_REDIS_URL": primary.url, "TALLY_MONEY_DURABILITY": "replicated", "TALLY_DRAIN_DELAY_SECONDS": "0",
        ]) { $1 }
        func start(_ role: String, _ more: [String: String]) throws -> Program {
            try Program(TallySystem.executable, [role], environment: common.merging(more) { $1 })
        }
        self.primary = primary
        self.replica = replica
        self.url = "http://127.0.0.1:\(port)"
        self.admin = "http://127.0.0.1:\(admin)"
        self.instance = try start("serve", ["TALLY_PORT": "\(port)", "TALLY_ADMIN_PORT": "\(admin)"])
        self.worker = try start("work", ["TALLY_ADMIN_PORT": "0"])
    }

    /// A Redis that keeps money and lets its replicas in at once.
    private static func server(_ arguments: [String]) throws -> RedisServer {
        var options = RedisServer.Options()
        options.appendOnly = true
        options.arguments = ["--repl-diskless-sync-delay", "0"] + arguments
        return try RedisServer(options)
    }

    private static func joined(_ primary: RedisServer) async throws {
        try await eventually("the replica joins", within: .seconds(60)) {
            let command = ["-p", "\(primary.port)", "INFO", "replication"]
            return try await TallySystem.output("/usr/bin/redis-cli", command).contains("state=online")
        }
    }

    private func stop() async {
        await self.instance.stop()
        await self.worker.stop()
    }

    /// Fails when one of the processes has ended, and says how.
    func demandLife() throws {
        for (name, program) in [("instance", self.instance), ("worker", self.worker)] where !program.isRunning {
            let end = "the \(name) ended with \(program.exitCode): \(program.output.suffix(1000))"
            throw TallySystem.Failure(description: end)
        }
    }
}
