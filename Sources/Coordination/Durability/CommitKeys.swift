import Redis

/// The Redis key of ``CommitPump``.
///
/// `docs/keys.md` lists it.
enum CommitKeys {
    /// String that is written behind a batch of changes; it lies where the keys of `call` lie.
    static func barrier(behind call: RedisScriptCall) -> String {
        let tag = RedisKey.hashTag(of: call.routingKey ?? "commits")
        return "tally:barrier:{\(tag)}"
    }
}
