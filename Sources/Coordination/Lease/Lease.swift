package import Logging
import RESP
package import Redis
import ServiceLifecycle
import Timing

/// A role that one process of all has at a time, with a fence for what it does in that role.
///
/// The lease alone protects nothing: a holder may be paused past its end and go on. Each write of the role must be a
/// script that gets ``key`` and the holder's ``Fence``, and begins with `lease_is_held` of ``LuaLibrary/lease``.
package struct Lease: Sendable {
    /// The hash that scripts compare with the holder's fence.
    package let key: String
    private let tokenKey: String
    private let owner: String
    private let duration: Duration
    private let redis: any RedisClient
    private let logger: Logger

    /// `key` and `tokenKey` share a hash tag.
    ///
    /// `owner` is different for every process. `duration` is 1 s or more.
    package init(
        key: String,
        tokenKey: String,
        owner: String,
        duration: Duration,
        redis: any RedisClient,
        logger: Logger
    ) {
        precondition(duration >= .seconds(1))
        self.key = key
        self.tokenKey = tokenKey
        self.owner = owner
        self.duration = duration
        self.redis = redis
        self.logger = logger
    }

    /// Takes the lease, also when this owner has it already.
    ///
    /// Returns what its holder shows, or `nil` when another process has it. One round trip.
    package func take() async throws(RedisError) -> Fence? {
        let call = RedisScriptCall(
            .leaseTake,
            keys: [self.key, self.tokenKey],
            arguments: [.text(self.owner), .integer(self.milliseconds)]
        )
        let reply = try await self.redis.run(call, within: self.duration / 4)
        guard let fields = reply.array, fields.count == 3, let token = fields[1].integerValue else { return nil }
        return fields[0].integerValue == 1 ? Fence(owner: self.owner, token: token) : nil
    }

    /// Keeps the lease for another term; `false` when it is no longer held under this fence, or has ended.
    ///
    /// One round trip.
    package func renew(_ fence: Fence) async throws(RedisError) -> Bool {
        let call = RedisScriptCall(
            .leaseRenew,
            keys: [self.key],
            arguments: [fence.argument, .integer(self.milliseconds)]
        )
        return try await self.redis.run(call, within: self.duration / 4).integerValue == 1
    }

    /// Gives the lease back at once, so that another process need not wait for its end.
    ///
    /// Another's lease stays. One round trip.
    package func release(_ fence: Fence) async {
        let call = RedisScriptCall(.leaseRelease, keys: [self.key], arguments: [fence.argument])
        // A lease that cannot be given back ends by itself.
        _ = try? await self.redis.run(call, within: .seconds(1))
    }

    /// Runs `work` whenever this process has the lease, until graceful shutdown or cancellation.
    ///
    /// `work` is cancelled when the lease is lost or can no longer be renewed before it ends, and begins anew with the
    /// next fence. It must return soon after it is cancelled.
    package func run(_ work: @escaping @Sendable (_ fence: Fence) async -> Void) async {
        let held = await cancelWhenGracefulShutdown { await self.takeAndWork(work) }
        // Out here nothing is cancelled yet, so the lease can still be given back.
        if let held { await self.release(held) }
    }

    private var milliseconds: Int { Int(self.duration / .milliseconds(1)) }

    /// Returns, when cancelled, the fence under which the lease is still held.
    private func takeAndWork(_ work: @escaping @Sendable (Fence) async -> Void) async -> Fence? {
        while !Task.isCancelled {
            var fence: Fence?
            do { fence = try await self.take() } catch {
                self.logger.debug("Lease not taken", metadata: ["lease": "\(self.key)", "error": "\(error)"])
            }
            if let fence {
                self.logger.info("Lease taken", metadata: self.metadata(fence))
                await self.hold(fence, work)
                if Task.isCancelled { return fence }
                await self.release(fence)
            }
            // Cancellation ends the sleep, and the loop sees it.
            try? await Task.sleep(for: self.duration / 4, clock: .loop)
        }
        return nil
    }

    private func hold(_ fence: Fence, _ work: @escaping @Sendable (Fence) async -> Void) async {
        await withTaskGroup { group in
            group.addTask { await work(fence) }
            group.addTask { await self.keep(fence) }
            // Whichever ends first ends the other.
            await group.next()
            group.cancelAll()
        }
    }

    /// Returns when the lease is lost, or may be.
    private func keep(_ fence: Fence) async {
        var renewed = LoopClock().now
        while !Task.isCancelled {
            do { try await Task.sleep(for: self.duration / 4, clock: .loop) } catch { return }
            let asked = LoopClock().now
            do {
                guard try await self.renew(fence) else {
                    self.logger.warning("Lease lost", metadata: self.metadata(fence))
                    return
                }
                renewed = asked
            } catch {
                // Unknown is unknown: it counts as lost before Redis may have given it to another.
                guard renewed.duration(to: LoopClock().now) < self.duration * 0.75 else {
                    self.logger.warning("Lease not renewed", metadata: self.metadata(fence))
                    return
                }
            }
        }
    }

    private func metadata(_ fence: Fence) -> Logger.Metadata { ["lease": "\(self.key)", "fence": "\(fence)"] }
}

extension LuaLibrary {
    /// `lease_is_held`.
    package static let lease = PackageResources.lease_lua
}

extension RedisScript {
    fileprivate static let leaseTake = RedisScript("lease_take", source: PackageResources.lease_take_lua)
    fileprivate static let leaseRenew = RedisScript(
        "lease_renew",
        source: LuaLibrary.lease + PackageResources.lease_renew_lua
    )
    fileprivate static let leaseRelease = RedisScript(
        "lease_release",
        source: LuaLibrary.lease + PackageResources.lease_release_lua
    )
}
