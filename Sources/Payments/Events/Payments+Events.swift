import Coordination
import Ledger
import RESP
import Redis

/// The events of one shard behind some event.
struct EventSlice: Sendable {
    let events: [PaymentEvent]
    /// Where the next slice begins.
    let last: EventID
    /// Whether events in between were forgotten.
    let hasGap: Bool
}

extension Payments {
    private static let sliceLimit = 1000

    /// Events of a shard behind `last` that the filter wants.
    ///
    /// One round trip, and one more when there may be a gap.
    func events(
        _ shard: Shard,
        after last: EventID,
        where isWanted: (PaymentEvent) -> Bool
    ) async throws(PaymentsError) -> EventSlice {
        let key = PaymentKeys.events(shard)
        let replies = try await self.send([
            RedisCommand("XRANGE", .key(key), "-", "+", "COUNT", 1),
            RedisCommand("XRANGE", .key(key), .text("(\(last.text)"), "+", "COUNT", .integer(Self.sliceLimit)),
        ])
        let entries = replies[1].array ?? []
        let oldest = replies[0].array?.first?.array?.first?.string.flatMap { EventID($0) }
        let newest = entries.last?.array?.first?.string.flatMap { EventID($0) }
        return EventSlice(
            events: entries.compactMap { PaymentEvent(entry: $0) }.filter(isWanted),
            last: newest ?? last,
            hasGap: last != .zero && (oldest.map { $0 > last } ?? true)
        )
    }

    /// The last event of a shard; zero when there is none.
    ///
    /// One round trip.
    func lastEvent(_ shard: Shard) async throws(PaymentsError) -> EventID {
        let reply = try await self.send(
            RedisCommand("XREVRANGE", .key(PaymentKeys.events(shard)), "+", "-", "COUNT", 1)
        )
        return reply.array?.first?.array?.first?.string.flatMap { EventID($0) } ?? .zero
    }
}
