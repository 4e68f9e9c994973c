import Coordination
import Foundation
import Logging
import NIOPosix
import RESP
import Redis
import Support
import Testing

/// The fences that the scripts of a lane compare, for holders and eras that look alike after a failover.
struct FenceTests {
    private let tag = "tally:{faucet-\(UInt64.random(in: .min ... .max))}"
    private static let folder = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources/Faucet/Scripts")
    private static let era = ["1", "31337", "0x" + String(repeating: "a", count: 64)]
    private static let otherChain = ["1", "31337", "0x" + String(repeating: "b", count: 64)]

    /// The first word of what a script answers; its keys are new ones, but for the lease and the era.
    private func word(
        _ name: String,
        _ keys: [String],
        _ arguments: [String],
        _ node: RedisNode
    ) async throws -> String? {
        let files = ["faucet", name].map { Self.folder.appending(path: "\($0).lua") }
        let source = try files.reduce(LuaLibrary.lease) { try $0 + Data(contentsOf: $1) }
        let call = RedisScriptCall(
            RedisScript(name, source: source),
            keys: keys.map { "\(self.tag):\($0)" },
            arguments: arguments.map { .text($0) }
        )
        return try await node.run(call, within: nil).array?.first?.string
    }

    /// The first word of each lane script's reply to this fence and era.
    private func words(fence: String, era: [String], _ node: RedisNode) async throws -> [String: String?] {
        let text = era.joined(separator: " ")
        let observed = ["lease", "era", "lane", "nonce", "open", "bound", "senders", "cancels", "distribution:"]
        let rebound = ["lease", "distribution:1", "open", "nonce", "open", "bound", "wakes", "era"]
        let filled = ["lease", "distribution:Z", "open", "bound", "nonce", "distribution:"]
        let sight = [fence, text, "0x1", "", "0", "0", "reason", ""]
        return [
            "observe": try await self.word("faucet_observe", observed, sight, node),
            "rebind": try await self.word("faucet_rebind", rebound, [fence, "1", "5", era[0], "0x1", text], node),
            "fill": try await self.word("faucet_fill", filled, [fence, "Z", "5", "0x1", era[0], "0"], node),
            "advance": try await self.word(
                "faucet_advance",
                ["lease", "open", "events", "distribution:"],
                [fence, "1000"],
                node
            ),
        ]
    }

    private func withNode(_ body: @Sendable @escaping (RedisNode) async throws -> Void) async throws {
        let node = RedisNode(
            configuration: try RedisConfiguration(url: RedisServer.shared.url),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: CapturedLogs().logger()
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await node.run() }
            let lease = ["HSET", "\(self.tag):lease", "owner", "worker-1", "token", "2"]
            let fields = zip(["number", "chain_id", "genesis"], Self.era).flatMap { [$0, $1] }
            let era = ["HSET", "\(self.tag):era"] + fields
            for words in [lease, era] {
                _ = try await node.send(RedisCommand(words[0], words.dropFirst().map { .text($0) }), within: nil)
            }
            try await body(node)
            group.cancelAll()
        }
    }

    @Test func `a lane writes only under its owner and token together`() async throws {
        try await self.withNode { node in
            for fence in ["worker-2:2", "worker-1:1", "2", ":2", "worker-1:", ":", ""] {
                for (script, word) in try await self.words(fence: fence, era: Self.era, node) {
                    #expect(word == "fenced", "\(script) with '\(fence)'")
                }
            }
            let words = try await self.words(fence: "worker-1:2", era: Self.era, node)
            #expect(words == ["observe": "ok", "rebind": "other", "fill": "taken", "advance": "ok"])
        }
    }

    @Test func `a lane of another chain writes nothing, though its era has the same number`() async throws {
        try await self.withNode { node in
            let words = try await self.words(fence: "worker-1:2", era: Self.otherChain, node)
            #expect(words["observe"] == "era" && words["rebind"] == "era")
            // A process that knows another era by this number begins none behind it.
            let other = Self.otherChain.joined(separator: " ")
            #expect(try await self.word("faucet_era", ["era"], [other, "31337", "0xc"], node) == "1")
            let known = Self.era.joined(separator: " ")
            #expect(try await self.word("faucet_era", ["era"], [known, "31337", "0xc"], node) == "2")
            #expect(try await self.word("faucet_era", ["none"], ["", "31337", "0xc"], node) == "1")
        }
    }
}
