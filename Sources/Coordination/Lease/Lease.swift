package import Logging
import RESP
package import Redis
import ServiceLifecycle
import Timing

/// A role that one process of all has at a time, with a fencing token for what it does in that role.
///
/// The lease alone protects nothing: a holder may be paused past its end and go on. Each write of the role must be a
/// script that gets ``key`` and compares the token in the same step.
package struct Lease: Sendable {
    /// The hash that scripts compare: field `token`.
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

    /// Takes the lease or keeps it.
    ///
    /// Returns its token, or `nil` when another process has it. One round trip.
    package func take() async throws(RedisError) -> Int64? {
        let call = RedisScriptCall(
            .leaseTake,
            keys: [self.key, self.tokenKey],
            arguments: [.text(self.owner), .integer(Int(self.duration / .milliseconds(1)))]
        )
        let reply = try await self.redis.run(call, within: self.duration / 4)
        guard let fields = reply.array, fields.count == 3, let token = fields[1].integerValue else { return nil }
        return fields[0].integerValue == 1 ? token : nil
    }

    /// Gives the lease back at once, so that another process need not wait for its end.
    ///
    /// One round trip.
    package func release(token: Int64) async {
        let call = RedisScriptCall(.leaseRelease, keys: [self.key], arguments: [.integer(Int(token))])
        // A lease that cannot be given back ends by itself.
        _ = try? await self.redis.run(call, within: .seconds(1))
    }

    /// Runs `work` whenever this process has the lease, until graceful shutdown or cancellation.
    ///
    /// `work` is cancelled when the lease is lost or can no longer be renewed before it ends, and begins anew with the
    /// next token. It must return soon after it is cancelled.
    package func run(_ work: @escaping @Sendable (_ token: Int64) async -> Void) async {
        let held = await cancelWhenGracefulShutdown { await self.takeAndWork(work) }
        // Out here nothing is cancelled yet, so the lease can still be given back.
        if let held { await self.release(token: held) }
    }

    /// Returns, when cancelled, the token that is still held.
    private func takeAndWork(_ work: @escaping @Sendable (Int64) async -> Void) async -> Int64? {
        while !Task.isCancelled {
            var token: Int64?
            do { token = try await self.take() } catch {
                self.logger.debug("Lease not taken", metadata: ["lease": "\(self.key)", "error": "\(error)"])
            }
            if let token {
                self.logger.info("Lease taken", metadata: ["lease": "\(self.key)", "token": "\(token)"])
                await self.hold(token, work)
                if Task.isCancelled { return token }
                await self.release(token: token)
            }
            // Cancellation ends the sleep, and the loop sees it.
            try? await Task.sleep(for: self.duration / 4, clock: .loop)
        }
        return nil
    }

    private func hold(_ token: Int64, _ work: @escaping @Sendable (Int64) async -> Void) async {
        await withTaskGroup { group in
            group.addTask { await work(token) }
            group.addTask { await self.renew(token) }
            // Whichever ends first ends the other.
            await group.next()
            group.cancelAll()
        }
    }

    /// Returns when the lease is lost, or may be.
    private func renew(_ token: Int64) async {
        var renewed = LoopClock().now
        while !Task.isCancelled {
            do { try await Task.sleep(for: self.duration / 4, clock: .loop) } catch { return }
            let asked = LoopClock().now
            do {
                guard try await self.take() == token else {
                    self.logger.warning("Lease lost", metadata: ["lease": "\(self.key)", "token": "\(token)"])
                    return
                }
                renewed = asked
            } catch {
                // Unknown is unknown: it counts as lost before Redis may have given it to another.
                guard renewed.duration(to: LoopClock().now) < self.duration * 0.75 else {
                    self.logger.warning("Lease not renewed", metadata: ["lease": "\(self.key)", "token": "\(token)"])
                    return
                }
            }
        }
    }
}

extension RedisScript {
    fileprivate static let leaseTake = RedisScript("lease_take", source: PackageResources.lease_take_lua)
    fileprivate static let leaseRelease = RedisScript("lease_release", source: PackageResources.lease_release_lua)
}
