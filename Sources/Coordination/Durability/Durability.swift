package import RESP
package import Redis

/// How safe a change is before it is answered with success.
package enum Durability: String, Hashable, Sendable, CaseIterable {
    /// The primary has it on disk: its append-only file is flushed before it answers.
    case local
    /// The primary has it on disk, and enough replicas have it in memory.
    case replicated
}

/// A successful reply, and how durable its change is.
package struct Commit<Reply: Sendable>: Sendable {
    package let reply: Reply
    package let durability: Durability
    /// Replicas that acknowledged it; 0 when none was asked.
    package let replicas: Int

    package init(reply: Reply, durability: Durability, replicas: Int) {
        self.reply = reply
        self.durability = durability
        self.replicas = replicas
    }
}

/// Why a change has no answer of success.
package enum CommitError: Error, Hashable, Sendable {
    case store(RedisError)
    /// The script ran, but not enough replicas said so in time. Repeating it with its idempotency key asks them again.
    case notReplicated(reply: RESPValue, replicas: Int)
}
