package import Coordination
package import Logging
import RESP
package import Redis
import ServiceLifecycle
import Synchronization
import Timing
package import Web

/// The API keys as one instance knows them, to judge each request without asking Redis.
///
/// `run()` looks once a second whether they have changed. A table that is too old is not believed any more: then
/// requests are refused as while Redis is away, so that no revoked key lives on in an instance that Redis has lost.
package final class KeyTable: AccessGuard, Service {
    private static let interval = Duration.seconds(1)
    /// All are read again so often, changed or not: Redis may have become another one.
    private static let wholeInterval = Duration.seconds(60)
    /// How often it is noted that a key is used.
    private static let noteInterval = Duration.seconds(30)
    private static let most = 8192

    private struct State {
        var keys: [String: APIKeyRecord] = [:]
        var revision = ""
        var read: LoopClock.Instant?
        var readWhole: LoopClock.Instant?
        var noted: [String: LoopClock.Instant] = [:]
        var used: Set<String> = []
    }

    private let redis: any RedisClient
    private let clock: ServerClock
    private let logger: Logger
    private let metrics = AccessMetrics()
    private let ageLimit: Duration
    private let state = Mutex(State())

    /// `ageLimit` is how old what is known may be; default 10 s.
    package init(redis: any RedisClient, clock: ServerClock, logger: Logger, ageLimit: Duration = .seconds(10)) {
        self.ageLimit = ageLimit
        self.redis = redis
        self.clock = clock
        self.logger = logger
    }

    /// Whether what is known is young enough.
    package var isKnown: Bool { self.state.withLock { self.isFresh($0) } }

    // MARK: Judging

    package func judge(_ authorization: [String], for scope: Scope) -> AccessVerdict {
        guard let name = scope.name else { return .admitted(.anonymous) }
        do throws(AccessRefusal) {
            return .admitted(Caller(name: try self.admit(authorization, name)))
        } catch { return .refused(error) }
    }

    package func refused(_ refusal: AccessRefusal) { self.metrics.refused(refusal) }

    private func admit(_ authorization: [String], _ scope: String) throws(AccessRefusal) -> String {
        guard !authorization.isEmpty else { throw .keyMissing }
        guard let key = BearerToken.read(authorization).flatMap({ APIKey($0) }) else { throw .keyInvalid }
        let now = LoopClock().now
        let (isFresh, found, noted) = self.state.withLock { state in
            (self.isFresh(state), state.keys[key.id], state.noted[key.id])
        }
        guard isFresh, let time = self.clock.now else { throw .unavailable }
        guard let record = found, record.isOf(key), record.isValid(at: time) else { throw .keyInvalid }
        if noted.map({ $0.duration(to: now) >= Self.noteInterval }) ?? true { self.note(key.id, now) }
        guard scope.isEmpty || record.scopes.contains(scope) else { throw .scopeMissing(scope) }
        return record.name
    }

    private func note(_ id: String, _ now: LoopClock.Instant) {
        self.state.withLock { state in
            state.noted[id] = now
            state.used.insert(id)
        }
    }

    private func isFresh(_ state: State) -> Bool {
        state.read.map { $0.duration(to: LoopClock().now) <= self.ageLimit } ?? false
    }

    // MARK: Reading

    /// Keeps reading until graceful shutdown; one round trip a second.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do throws(RedisError) { try await self.read() } catch {
                    self.logger.debug("The API keys could not be read", metadata: ["error": "\(error)"])
                }
                // The first reading decides readiness: ask again soon until it is there.
                let isKnown = self.state.withLock { $0.read != nil }
                try? await Task.sleep(for: isKnown ? Self.interval : .milliseconds(100), clock: .loop)
            }
        }
    }

    /// Reads once what has changed.
    ///
    /// One round trip.
    package func read() async throws(RedisError) {
        let started = LoopClock().now
        let (revision, used) = self.state.withLock { state in
            let isDue = state.readWhole.map { $0.duration(to: started) >= Self.wholeInterval } ?? true
            let used = state.used.prefix(Self.most)
            state.used.subtract(used)
            return (isDue ? "" : state.revision, Array(used))
        }
        let call = RedisScriptCall(
            .keysRead,
            keys: [AccessKeys.keys, AccessKeys.revision, AccessKeys.used, AdminKeys.head],
            arguments: [.text(revision)] + used.map { .text($0) }
        )
        let parts = try await self.redis.run(call, within: .seconds(1)).array ?? []
        guard let current = parts.first?.string else { return }
        let pairs = parts.count > 1 ? KeyStore.pairs(parts[1]) : nil
        let count = self.state.withLock { state in
            state.read = started
            guard let pairs else { return state.keys.count }
            state.readWhole = started
            state.revision = current
            state.keys = Dictionary(
                pairs.compactMap { id, record in APIKeyRecord(id: id, record: record).map { (id, $0) } },
                uniquingKeysWith: { $1 }
            )
            state.noted = state.noted.filter { state.keys[$0.key] != nil }
            return state.keys.count
        }
        self.metrics.known(count)
    }
}

extension RedisScript {
    fileprivate static let keysRead = RedisScript("keys_read", source: PackageResources.keys_read_lua)
}
