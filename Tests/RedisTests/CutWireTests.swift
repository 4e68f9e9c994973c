import NIOCore
import NIOPosix
import RESP
import Redis
import Support
import Testing

/// The wire is cut after every byte of a conversation, greeting included.
///
/// Each command must end in one of the three outcomes; a reply must be its own command's; and what was `notSent` must
/// not be in Redis.
@Suite struct `The wire cut at every byte` {
    @Test(arguments: [FaultProxy.Direction.toServer, .toClient], [FaultProxy.End.close, .reset, .swallow])
    func `each command has one outcome, its own`(direction: FaultProxy.Direction, end: FaultProxy.End) async throws {
        // Each lane has its own proxy and connection, and every fifth byte: time here is mostly waiting.
        let lanes = 5
        let cuts = try await withThrowingTaskGroup(of: Int.self) { group in
            for lane in 0..<lanes {
                group.addTask { try await CutLane(direction, end).cutAll(from: lane, by: lanes) }
            }
            return try await group.reduce(0, +)
        }
        // The greeting and the conversation, in either direction, are longer than this.
        #expect(cuts > 100)
    }
}

/// One proxy, one node behind it, and one that goes to Redis directly, to see what is there.
private struct CutLane {
    let direction: FaultProxy.Direction
    let end: FaultProxy.End
    let eventLoop = MultiThreadedEventLoopGroup.singleton.next()

    init(_ direction: FaultProxy.Direction, _ end: FaultProxy.End) {
        self.direction = direction
        self.end = end
    }

    /// Returns how many cuts fell into the conversation.
    func cutAll(from first: Int, by step: Int) async throws -> Int {
        let proxy = try await FaultProxy(to: RedisServer.shared.port)
        var configuration = try RedisConfiguration(url: "redis://127.0.0.1:\(proxy.port)")
        configuration.backOffMinimum = .milliseconds(2)
        configuration.backOffMaximum = .milliseconds(4)
        configuration.connectTimeout = .milliseconds(150)
        configuration.tickInterval = .milliseconds(10)
        let cuts = try await withNode(.shared, eventLoopGroup: self.eventLoop) { direct in
            try await withNode(configuration, eventLoopGroup: self.eventLoop) { redis in
                for cuts in 0... {
                    let accepted = proxy.accepted
                    proxy.cutOnce(FaultProxy.Cut(self.direction, after: first + cuts * step, self.end))
                    proxy.closeAll()
                    try await eventually("a new connection") { proxy.accepted > accepted && redis.isReady }
                    try await self.converse(redis, direct)
                    // Longer than the conversation: the end.
                    if !proxy.hasCut { return cuts }
                }
                return 0
            }
        }
        try await proxy.stop()
        return cuts
    }

    private func converse(_ redis: RedisNode, _ direct: RedisNode) async throws {
        let keys = (0..<4).map { _ in freshKey("cut") }
        let commands = keys.flatMap { key in
            [RedisCommand("SET", .key(key), .text(key), "EX", 60), RedisCommand("ECHO", .text(key))]
        }
        let outcomes = await redis.onLoop(commands, within: .milliseconds(100), eventLoop: self.eventLoop)
        #expect(outcomes.count == commands.count)
        for (index, key) in keys.enumerated() {
            let stored = try await direct.ask("GET", .key(key))
            switch outcomes[2 * index] {
            case .success(let value):
                #expect(value == .status("OK"))
                #expect(stored.string == key)
            case .failure(.notSent): #expect(stored == .null)
            case .failure(.outcomeUnknown): break
            case .failure(.refused(let refusal)): Issue.record("refused: \(refusal)")
            }
            switch outcomes[2 * index + 1] {
            case .success(let value): #expect(value.string == key)
            case .failure(.notSent), .failure(.outcomeUnknown): break
            case .failure(.refused(let refusal)): Issue.record("refused: \(refusal)")
            }
        }
    }
}
