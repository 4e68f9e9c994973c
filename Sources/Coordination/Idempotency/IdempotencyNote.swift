package import Redis

/// A record under an idempotency key, written by itself when the effect's own script cannot write it.
package struct IdempotencyNote: Sendable {
    package let claim: IdempotencyClaim
    /// The shard of the key's records.
    package let shard: Shard
    package let keep: Duration

    package init(_ claim: IdempotencyClaim, in shard: Shard, keep: Duration) {
        self.claim = claim
        self.shard = shard
        self.keep = keep
    }

    /// The call that writes an outcome down, or answers what was written before.
    ///
    /// `status` is that of the answer, or 0 while there is none; `settles` replaces an outcome that had none.
    package func call(status: Int, outcome: String, settles: Bool = false) -> RedisScriptCall {
        RedisScriptCall(
            .idempotencyNote,
            keys: [ShardKeys.idempotency(self.shard, digest: self.claim.digest)],
            arguments: [
                .text(self.claim.request), .text(self.claim.fingerprint),
                .integer(Int(self.keep / .milliseconds(1))), .integer(status), .text(outcome),
                .integer(settles ? 1 : 0),
            ]
        )
    }

    /// The call that lets go of a claim which has no answer, and none to come.
    package func forgetCall(outcome: String) -> RedisScriptCall {
        RedisScriptCall(
            .idempotencyForget,
            keys: [ShardKeys.idempotency(self.shard, digest: self.claim.digest)],
            arguments: [.text(self.claim.request), .text(outcome)]
        )
    }
}

extension RedisScript {
    fileprivate static let idempotencyForget = RedisScript(
        "idempotency_forget",
        source: PackageResources.idempotency_forget_lua
    )
    fileprivate static let idempotencyNote = RedisScript(
        "idempotency_note",
        source: LuaLibrary.idempotency + PackageResources.idempotency_note_lua
    )
}
