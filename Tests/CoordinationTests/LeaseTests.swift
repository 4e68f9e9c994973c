import Coordination
import Logging
import NIOPosix
import RESP
import Redis
import Support
import Testing

/// A lease whose holders look alike, as after a failover that lost the newest of what Redis was told.
struct LeaseTests {
    private let key = "{tally:test:\(UInt64.random(in: .min ... .max))}:lease"
    private var tokenKey: String { "\(self.key)_token" }

    private func withNode(_ body: @Sendable @escaping (RedisNode) async throws -> Void) async throws {
        struct Finished: Error {}
        let node = RedisNode(
            configuration: try RedisConfiguration(url: RedisServer.shared.url),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: CapturedLogs().logger()
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await node.run() }
            group.addTask {
                try await body(node)
                throw Finished()
            }
            do { while try await group.next() != nil {} } catch is Finished {}
            group.cancelAll()
        }
    }

    private func lease(_ owner: String, _ node: RedisNode) -> Lease {
        Lease(
            key: self.key,
            tokenKey: self.tokenKey,
            owner: owner,
            duration: .seconds(60),
            redis: node,
            logger: CapturedLogs().logger()
        )
    }

    /// Whether this fence holds the lease, by a script's own word.
    private func isHeld(_ fence: Fence, _ node: RedisNode) async throws -> Bool {
        let source = LuaLibrary.lease + Array("return lease_is_held(KEYS[1], ARGV[1]) and 1 or 0".utf8)
        let call = RedisScriptCall(RedisScript("held", source: source), keys: [self.key], arguments: [fence.argument])
        return try await node.run(call, within: nil).integerValue == 1
    }

    @Test func `of two holders with one token the earlier one writes, renews and gives back nothing`() async throws {
        try await self.withNode { node in
            let (first, second) = (self.lease("first", node), self.lease("second", node))
            let lost = try #require(try await first.take())
            #expect(try await self.isHeld(lost, node))
            #expect(try await second.take() == nil)
            // The replica did not have these: the lease and the count of its holders.
            _ = try await node.send(RedisCommand("DEL", .key(self.key), .key(self.tokenKey)), within: nil)
            let held = try #require(try await second.take())
            #expect(lost.description == "first:1" && held.description == "second:1")

            #expect(try await !self.isHeld(lost, node))
            #expect(try await self.isHeld(held, node))
            #expect(try await !first.renew(lost))
            await first.release(lost)
            #expect(try await self.isHeld(held, node))
            #expect(try await second.renew(held))
            await second.release(held)
            #expect(try await !self.isHeld(held, node))
        }
    }

    @Test func `a holder that comes back is another holder, and renews nothing that has ended`() async throws {
        try await self.withNode { node in
            let lease = self.lease("owner", node)
            let first = try #require(try await lease.take())
            #expect(try await lease.take() == first)
            #expect(try await lease.renew(first))
            _ = try await node.send(RedisCommand("DEL", .key(self.key)), within: nil)
            #expect(try await !lease.renew(first))
            #expect(try await node.send(RedisCommand("EXISTS", .key(self.key)), within: nil).integerValue == 0)
            let second = try #require(try await lease.take())
            #expect(first != second)
            #expect(try await !self.isHeld(first, node))
            #expect(try await self.isHeld(second, node))
            await lease.release(first)
            #expect(try await self.isHeld(second, node))
        }
    }
}
