import Faucet
import NIOPosix
import Redis
import Support
import Testing
import Web

/// The shares of callers in the places to wait for coins.
struct WatchShareTests {
    @Test func `one key's waiters leave places to other keys`() throws {
        let logs = CapturedLogs()
        let node = RedisNode(
            configuration: try RedisConfiguration(url: "redis://127.0.0.1:1/0"),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logs.logger()
        )
        let watch = DistributionWatch(node: node, limit: 3, share: 2, logger: logs.logger())
        let (shop, other) = (Caller(name: "shop"), Caller(name: "other"))
        let first = try watch.join("a", for: shop)
        _ = try watch.join("b", for: shop)
        #expect(throws: FaucetError.tooManyWatchers) { try watch.join("c", for: shop) }
        _ = try watch.join("a", for: other)
        // Now all places are taken.
        #expect(throws: FaucetError.tooManyWatchers) { try watch.join("a", for: .anonymous) }
        watch.leave(first)
        _ = try watch.join("c", for: shop)
    }
}
