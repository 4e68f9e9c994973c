package import Coordination
import Ledger
import Metrics
package import RESP
package import Redis

/// The work that workers have before them, as a sweeper sees it in all shards.
package struct PaymentBacklog: Hashable, Sendable {
    package let unfinished: Int64
    package let dead: Int64
    /// The age of the oldest message that is not done, by Redis's clock; zero when there is none.
    ///
    /// A payment that is scheduled, or stands behind another of its payer, has no message.
    package let oldest: Duration

    /// The commands that ask for it, in the order in which ``init(_:now:)`` takes the replies.
    package static let commands = Shard.all.flatMap { shard in
        let streams = [ShardKeys.work(shard), PaymentKeys.locked(shard)]
        return [
            RedisCommand("ZCARD", .key(PaymentKeys.open(shard))),
            RedisCommand("ZCARD", .key(PaymentKeys.dead(shard))),
        ] + streams.map { RedisCommand("XRANGE", .key($0), "-", "+", "COUNT", 1) }
    }

    /// A reply that is missing counts as nothing.
    package init(_ replies: some Sequence<RESPValue>, now: ServerTime) {
        var sizes: [Int64] = [0, 0]
        var oldest = now.milliseconds
        for (place, reply) in replies.enumerated() {
            if place % 4 < 2 {
                sizes[place % 4] += reply.integerValue ?? 0
            } else if let id = reply.array?.first?.array?.first?.string, let born = Self.milliseconds(ofMessage: id) {
                oldest = min(oldest, born)
            }
        }
        (self.unfinished, self.dead) = (sizes[0], sizes[1])
        self.oldest = .milliseconds(now.milliseconds - oldest)
    }

    /// A message's id begins with the time of its making.
    private static func milliseconds(ofMessage id: String) -> Int64? {
        id.split(separator: "-").first.flatMap { Int64($0) }
    }

    func record() {
        Gauge(label: "tally_payments_unfinished").record(self.unfinished)
        Gauge(label: "tally_payments_dead").record(self.dead)
        Gauge(label: "tally_payments_oldest_seconds").record(self.oldest / .seconds(1))
    }
}
