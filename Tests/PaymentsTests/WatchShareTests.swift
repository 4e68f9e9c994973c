import NIOPosix
import Payments
import Redis
import Support
import Testing
import Web

/// The callers that may wait for payments when many do.
struct WatchShareTests {
    @Test func `one key's waiters leave places to other keys`() throws {
        let logs = CapturedLogs()
        let node = RedisNode(
            configuration: try RedisConfiguration(url: "redis://127.0.0.1:1/0"),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logs.logger()
        )
        let watch = PaymentWatch(node: node, limit: 4, share: 2, logger: logs.logger())
        let (shop, other) = (Caller(name: "shop"), Caller(name: "other"))
        let first = try watch.join("a", for: shop)
        _ = try watch.join("b", for: shop)
        #expect(throws: PaymentsError.tooManyWatchers) { try watch.join("c", for: shop) }
        #expect(!watch.hasRoom(for: shop) && watch.hasRoom(for: other))
        _ = try watch.join("a", for: other)
        _ = try watch.join("a", for: other)
        // Now all places are taken.
        #expect(throws: PaymentsError.tooManyWatchers) { try watch.join("c", for: Caller(name: "third")) }
        watch.leave(first)
        _ = try watch.join("c", for: Caller(name: "third"))
    }
}
