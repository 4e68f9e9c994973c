package import RESP
package import Redis

/// The lock of one account: at most one operation holds it, in the order in which operations asked.
///
/// The lock alone protects nothing: a holder may be paused past its lease and go on. Every step under it is a script
/// that begins with `lock_is_held`, which compares operation and token with lock and account in the same step.
/// The owner is the operation, so that one worker can take the lock and another release it.
package struct FencedLock: Sendable {
    /// The keys of one account's lock; all share one hash tag.
    package struct Keys: Hashable, Sendable {
        /// String `<operation>:<token>`.
        package let lock: String
        /// Hash whose field `token` counts the holders.
        package let account: String
        /// Sorted set of operations that wait.
        package let waiters: String
        /// The shard's stream of wake-ups.
        package let wake: String
        /// The shard's stream of work.
        package let work: String
        /// The shard's hash of the wake-up under way for each account.
        package let woken: String
        /// The account's id in wake-ups.
        package let accountID: String

        package init(
            lock: String,
            account: String,
            waiters: String,
            wake: String,
            work: String,
            woken: String,
            accountID: String
        ) {
            self.lock = lock
            self.account = account
            self.waiters = waiters
            self.wake = wake
            self.work = work
            self.woken = woken
            self.accountID = accountID
        }
    }

    package enum Standing: Hashable, Sendable {
        /// The operation holds the lock under this token.
        case taken(token: Int64)
        /// It waits: how many are before it and it, and when to look again at the latest.
        case parked(place: Int64, wait: Duration)
    }

    private let redis: any RedisClient
    private let lease: Duration

    /// `lease` is how long a lock outlives a holder that is gone; default 5 s, 1 ms or more.
    package init(redis: any RedisClient, lease: Duration = .seconds(5)) {
        precondition(lease >= .milliseconds(1))
        self.redis = redis
        self.lease = lease
    }

    /// Joins the queue, and takes the lock when it is the operation's turn and `joinsOnly` is false.
    ///
    /// `order` is the operation's place, the same for every account it wants: an operation that wants two accounts
    /// joins both queues before it takes either lock, so the oldest operation of all is the first in both. One round
    /// trip; safe to repeat: the operation that has the lock gets it again under a new token.
    package func take(
        _ keys: Keys,
        operation: String,
        order: Int64,
        joinsOnly: Bool = false
    ) async throws(RedisError) -> Standing {
        try Self.standing(
            await self.redis.run(self.takeCall(keys, operation: operation, order: order, joinsOnly: joinsOnly))
        )
    }

    /// The call of ``take(_:operation:order:joinsOnly:)``, whose reply ``standing(_:)`` reads.
    ///
    /// An operation that `isBack` may have had the lock until its lease ended, which told nobody: it tells the first.
    package func takeCall(
        _ keys: Keys,
        operation: String,
        order: Int64,
        joinsOnly: Bool,
        isBack: Bool = false
    ) -> RedisScriptCall {
        RedisScriptCall(
            .lockTake,
            keys: [keys.lock, keys.account, keys.waiters, keys.wake, keys.work, keys.woken],
            arguments: [
                .text(operation), .integer(Int(order)), .integer(self.leaseMilliseconds),
                .integer(joinsOnly ? 1 : 0), .text(keys.accountID), .integer(isBack ? 1 : 0),
            ]
        )
    }

    package static func standing(_ reply: RESPValue) throws(RedisError) -> Standing {
        guard let fields = reply.array, fields.count >= 2, let number = fields[1].integerValue else {
            throw .outcomeUnknown(.malformedReply)
        }
        guard fields[0].string == "taken" else {
            return .parked(place: number, wait: .milliseconds(fields.last?.integerValue ?? 0))
        }
        return .taken(token: number)
    }

    /// Keeps the lock for another lease; `false` when it is no longer held under this token.
    ///
    /// One round trip.
    package func renew(_ keys: Keys, operation: String, token: Int64) async throws(RedisError) -> Bool {
        let reply = try await self.redis.run(
            RedisScriptCall(
                .lockRenew,
                keys: [keys.lock, keys.account],
                arguments: [.text(operation), .integer(Int(token)), .integer(self.leaseMilliseconds)]
            )
        )
        return reply.integerValue == 1
    }

    /// Gives the lock back and wakes the next; `false` when it held no lock.
    ///
    /// An operation that had neither the lock nor the first place wakes nobody, and an operation that was told already
    /// is not told again. The place in the queue goes, too, unless the operation `stays`: an operation that has one of
    /// two locks and must wait for the other gives it back and stays, so that nobody holds one lock while waiting for
    /// another. One round trip; safe to repeat.
    @discardableResult
    package func release(_ keys: Keys, operation: String, stays: Bool = false) async throws(RedisError) -> Bool {
        try await self.redis.run(self.releaseCall(keys, operation: operation, stays: stays)).integerValue == 1
    }

    /// The call of ``release(_:operation:stays:)``.
    package func releaseCall(_ keys: Keys, operation: String, stays: Bool) -> RedisScriptCall {
        RedisScriptCall(
            .lockRelease,
            keys: [keys.lock, keys.waiters, keys.wake, keys.work, keys.woken],
            arguments: [.text(operation), .text(keys.accountID), .integer(stays ? 1 : 0)]
        )
    }

    private var leaseMilliseconds: Int { Int(self.lease / .milliseconds(1)) }
}

extension RedisScript {
    fileprivate static let lockTake = RedisScript(
        "lock_take",
        source: LuaLibrary.fencedLock + PackageResources.lock_take_lua
    )
    fileprivate static let lockRenew = RedisScript(
        "lock_renew",
        source: LuaLibrary.fencedLock + PackageResources.lock_renew_lua
    )
    fileprivate static let lockRelease = RedisScript(
        "lock_release",
        source: LuaLibrary.fencedLock + PackageResources.lock_release_lua
    )
}
