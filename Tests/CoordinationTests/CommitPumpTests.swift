import Coordination
import Logging
import NIOPosix
import RESP
import Redis
import ServiceLifecycle
import Support
import Testing

/// The promise of replicas, on each server to be had: they differ in what their `WAIT` answers for.
struct CommitPumpTests {
    private let change = RedisScript("change", source: Array("return redis.call('INCR', KEYS[1])".utf8))
    private let look = RedisScript("look", source: Array("return redis.call('GET', KEYS[1])".utf8))
    private let key = "tally:{test}:\(UInt64.random(in: .min ... .max))"

    private struct Finished: Error {}

    private struct Parts: Sendable {
        let primary: RedisServer
        let replica: RedisServer
        let node: RedisNode
        /// Two pumps, each with a connection of its own.
        let pumps: [CommitPump]
    }

    private func withReplica(
        _ kind: ServerKind,
        _ body: @Sendable @escaping (Parts) async throws -> Void
    ) async throws {
        guard let program = kind.program else { try Test.cancel("\(kind.absence)") }
        var options = RedisServer.Options()
        options.program = program
        options.arguments = ["--repl-diskless-sync-delay", "0"]
        let primary = try RedisServer(options)
        defer { primary.kill() }
        options.arguments += ["--replicaof", "127.0.0.1", "\(primary.port)"]
        let replica = try RedisServer(options)
        defer { replica.kill() }
        let node = RedisNode(
            configuration: try RedisConfiguration(url: primary.url),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: CapturedLogs().logger()
        )
        var configuration = CommitPump.Configuration()
        configuration.replicaTimeout = .milliseconds(100)
        let parts = Parts(
            primary: primary,
            replica: replica,
            node: node,
            pumps: (0..<2).map { _ in CommitPump(node: node, configuration: configuration) }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in [node] + parts.pumps as [any Service] { group.addTask { try await service.run() } }
            group.addTask {
                try await eventually("the replica is there", within: .seconds(60)) {
                    await self.run(self.change, by: parts.pumps[0]) == .replicated
                }
                try await body(parts)
                throw Finished()
            }
            do { while try await group.next() != nil {} } catch is Finished {}
            group.cancelAll()
        }
    }

    private enum Answer: Hashable {
        case replicated, notReplicated
        case other(String)
    }

    private func answer(_ result: Result<Commit<RESPValue>, CommitError>) -> Answer {
        switch result {
        case .success(let commit) where commit.replicas == 1 && commit.durability == .replicated: .replicated
        case .success(let commit): .other("\(commit)")
        case .failure(.notReplicated(_, 0)): .notReplicated
        case .failure(let error): .other("\(error)")
        }
    }

    private func run(_ script: RedisScript, by pump: CommitPump) async -> Answer {
        do throws(CommitError) {
            return self.answer(
                .success(try await pump.commit(RedisScriptCall(script, keys: [self.key]), .replicated))
            )
        } catch { return self.answer(.failure(error)) }
    }

    @Test(arguments: ServerKind.allCases)
    func `nothing is called replicated while the replica is frozen, whoever wrote it`(kind: ServerKind) async throws {
        try await self.withReplica(kind) { parts in
            let (used, fresh) = (parts.pumps[0], parts.pumps[1])
            parts.replica.pause()
            // Another connection's change, which the replica does not get; the pump's own last write it has.
            _ = try await parts.node.run(RedisScriptCall(self.change, keys: [self.key]), within: nil)
            #expect(await self.run(self.look, by: used) == .notReplicated, "a script that the server does not know")
            #expect(await self.run(self.look, by: used) == .notReplicated, "one that writes nothing")
            #expect(await self.run(self.look, by: fresh) == .notReplicated, "a connection that wrote nothing")
            #expect(await self.run(self.change, by: used) == .notReplicated, "one that writes")
            let calls = [self.look, self.change, self.look].map { RedisScriptCall($0, keys: [self.key]) }
            for result in await used.commit(calls, .replicated) {
                #expect(self.answer(result) == .notReplicated, "several at once")
            }
            parts.replica.resume()
            try await eventually("the replica is back") { await self.run(self.look, by: used) == .replicated }
            #expect(await self.run(self.look, by: fresh) == .replicated)
        }
    }

    @Test func `scripts that come together have their own outcomes, in order`() async throws {
        try await self.withReplica(.installed) { parts in
            let wrong = RedisScript("wrong", source: Array("return redis.call('LLEN', KEYS[1])".utf8))
            let calls = (0..<300).map { RedisScriptCall($0 % 3 == 2 ? wrong : self.change, keys: [self.key]) }
            for pump in parts.pumps {
                let first = try await parts.node.send(RedisCommand("GET", .key(self.key)), within: nil)
                var expected = first.string.flatMap { Int64($0) } ?? 0
                let results = await pump.commit(calls, .replicated)
                #expect(results.count == calls.count)
                for (index, result) in results.enumerated() {
                    if index % 3 == 2 {
                        guard case .failure(.store(.refused(let refusal))) = result, refusal.kind == .wrongType else {
                            Issue.record("\(index): \(result)")
                            continue
                        }
                    } else {
                        expected += 1
                        #expect(try result.get().reply.integerValue == expected)
                        #expect(self.answer(result) == .replicated)
                    }
                }
            }
            #expect(await parts.pumps[0].commit([], .replicated).isEmpty)
        }
    }

    @Test func `scripts for which there is no room are refused, and only they`() async throws {
        var configuration = CommitPump.Configuration()
        configuration.waitingLimit = 2
        configuration.replicaTimeout = .milliseconds(50)
        let node = RedisNode(
            configuration: try RedisConfiguration(url: RedisServer.shared.url),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: CapturedLogs().logger()
        )
        let pump = CommitPump(node: node, configuration: configuration)
        let calls = (0..<5).map { _ in RedisScriptCall(self.look, keys: [self.key]) }
        await withThrowingTaskGroup(of: Void.self) { group in
            for service in [node, pump] as [any Service] { group.addTask { try await service.run() } }
            let answers = await pump.commit(calls, .replicated).map { self.answer($0) }
            #expect(answers.prefix(2) == [.notReplicated, .notReplicated])
            let overloaded = Answer.other("\(CommitError.store(.notSent(.overloaded)))")
            #expect(answers.dropFirst(2).allSatisfy { $0 == overloaded }, "\(answers)")
            group.cancelAll()
        }
    }
}
