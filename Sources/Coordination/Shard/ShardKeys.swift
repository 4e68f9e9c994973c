/// The Redis keys that the features of a shard share.
package enum ShardKeys {
    /// Hash: the records of one idempotency key of one caller, by request; `digest` is hexadecimal.
    package static func idempotency(_ shard: Shard, digest: String) -> String {
        "tally:{\(shard.tag)}:idempotency:\(digest)"
    }

    /// Stream with a consumer group: operations that workers are to carry out.
    package static func work(_ shard: Shard) -> String { "tally:{\(shard.tag)}:work" }

    /// Stream: whose turn it is, by account.
    package static func wake(_ shard: Shard) -> String { "tally:{\(shard.tag)}:wake" }

    /// Hash, by account: the last message that told whoever is first in its queue, and whom: `<message> <operation>`.
    package static func woken(_ shard: Shard) -> String { "tally:{\(shard.tag)}:woken" }
}
