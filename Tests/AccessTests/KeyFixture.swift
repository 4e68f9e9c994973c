import Access
import Coordination
import Logging
import NIOPosix
import RESP
import Redis
import Support
import Web

/// A Redis of its own, with what hands out keys and what judges by them.
struct KeyFixture {
    let server: RedisServer
    let silent: Logger
    let redis: RedisNode
    let store: KeyStore
    let table: KeyTable

    static func with(_ body: @Sendable @escaping (KeyFixture) async throws -> Void) async throws {
        let server = try RedisServer()
        defer { server.kill() }
        let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let redis = RedisNode(
            configuration: try RedisConfiguration(url: server.url),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: silent
        )
        let clock = ServerClock(redis: redis, logger: silent)
        let fixture = KeyFixture(
            server: server,
            silent: silent,
            redis: redis,
            store: KeyStore(redis: redis, actor: "cli:test@here"),
            table: KeyTable(redis: redis, clock: clock, logger: silent)
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await redis.run() }
            group.addTask {
                await clock.sample()
                try await body(fixture)
            }
            // The body ends first; the node only when it is told to.
            try await group.next()
            group.cancelAll()
        }
    }

    func key(_ name: String, _ scopes: String..., life: Duration? = nil) async throws -> APIKey {
        try await self.store.create(APIKeyOrder(name: name, scopes: scopes, life: life)).key
    }

    func judge(_ text: String, _ scope: Scope) -> AccessVerdict { self.table.judge(["Bearer \(text)"], for: scope) }

    func log() async throws -> [AdminEntry] { try await AdminLog(redis: self.redis).newest(100) }
}
