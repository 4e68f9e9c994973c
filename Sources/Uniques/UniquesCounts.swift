package import Coordination
import RESP
package import Redis

/// The counts of windows: closed ones as they were published, and those that are still to be closed.
package struct UniquesCounts: Sendable {
    package enum State: String, Sendable {
        /// Takes ids.
        case open
        /// Its end has come; its count will be published soon.
        case closing
        case closed
    }

    package struct Count: Hashable, Sendable {
        package let window: ServerTime
        package let uniqueCount: Int64
        package let isApproximate: Bool
        package let state: State
    }

    package struct Page: Hashable, Sendable {
        package let windowSeconds: Int64
        /// Oldest first.
        package let counts: [Count]
        /// The path of the next page, when there is more.
        package let next: String?

        /// The answer of `GET /api/uniques`.
        package var json: String {
            let minutes = self.counts.map { count in
                "{\"minute\":\"\(count.window.rfc3339)\",\"unique_count\":\(count.uniqueCount),"
                    + "\"state\":\"\(count.state.rawValue)\"\(count.isApproximate ? ",\"approximate\":true" : "")}"
            }
            let next = self.next.map { "\"\($0)\"" } ?? "null"
            return "{\"window_seconds\":\(self.windowSeconds),\"minutes\":[\(minutes.joined(separator: ","))],"
                + "\"next\":\(next)}"
        }
    }

    /// Counts in one page.
    package static let pageLimit = 1000
    /// Without `from`, the last hour.
    private static let defaultRangeMilliseconds: Int64 = 3_600_000

    private let redis: any RedisClient
    private let clock: ServerClock
    private let configuration: UniquesConfiguration

    package init(redis: any RedisClient, clock: ServerClock, configuration: UniquesConfiguration) {
        self.redis = redis
        self.clock = clock
        self.configuration = configuration
    }

    /// The windows that begin in `from…to`, a page of them.
    ///
    /// Three round trips.
    package func page(from: ServerTime?, to: ServerTime?) async throws(UniquesError) -> Page {
        guard let now = self.clock.now else { throw .clockUnknown }
        let to = to ?? now
        let from = from ?? to.advanced(byMilliseconds: -Self.defaultRangeMilliseconds)
        guard from <= to else { throw .rangeInvalid }
        do {
            // In this order: a window that is published in between is then in both answers, never in none.
            let unpublished = try await self.unpublished(from: from, to: min(to, now), now: now)
            var counts = try await self.published(from: from, to: to)
            let isFull = counts.count > Self.pageLimit
            if isFull {
                counts.removeLast(counts.count - Self.pageLimit)
            } else {
                let known = Set(counts.map(\.window))
                counts += unpublished.filter { !known.contains($0.window) }
            }
            var next: String?
            if isFull, let last = counts.last {
                let start = last.window.advanced(byMilliseconds: 1000).rfc3339
                next = "/api/uniques?from=\(start)&to=\(to.rfc3339)"
            }
            return Page(windowSeconds: self.configuration.windowMilliseconds / 1000, counts: counts, next: next)
        } catch {
            throw .storeUnavailable(error)
        }
    }

    /// The window that was published last.
    ///
    /// One round trip.
    package func lastPublished() async throws(RedisError) -> ServerTime? {
        let reply = try await self.redis.send(
            RedisCommand("XREVRANGE", .key(UniquesKeys.counts), "+", "-", "COUNT", 1),
            within: nil
        )
        return reply.array?.first.flatMap { Self.count(ofEntry: $0) }?.window
    }

    /// Published counts in `from…to`, one more than a page at most.
    ///
    /// One round trip.
    package func published(from: ServerTime, to: ServerTime) async throws(RedisError) -> [Count] {
        let reply = try await self.redis.send(
            RedisCommand(
                "XRANGE",
                .key(UniquesKeys.counts),
                .text("\(max(from.milliseconds, 0))-0"),
                .text("\(max(to.milliseconds, 0))-0"),
                "COUNT",
                .integer(Self.pageLimit + 1)
            ),
            within: nil
        )
        return (reply.array ?? []).compactMap { Self.count(ofEntry: $0) }
    }

    /// Windows of the recent past that have a count and are not published yet.
    ///
    /// Two round trips.
    private func unpublished(from: ServerTime, to: ServerTime, now: ServerTime) async throws(RedisError) -> [Count] {
        let length = self.configuration.windowMilliseconds
        let last = try await self.lastPublished()
        let earliest = now.advanced(byMilliseconds: -length * 100)
        let afterLast = last?.advanced(byMilliseconds: 1) ?? earliest
        // Whole windows only: the first start at or behind each bound.
        let first = max(max(afterLast, earliest), from).advanced(byMilliseconds: length - 1)
            .windowStart(lengthMilliseconds: length)
        let windows = stride(from: first.milliseconds, through: to.milliseconds, by: Int(length))
            .map { ServerTime(milliseconds: $0) }
        let commands = windows.map { window in
            self.configuration.store == .hll
                ? RedisCommand("PFCOUNT", .key(UniquesKeys.sketch(window)))
                : RedisCommand("GET", .key(UniquesKeys.count(window)))
        }
        var counts: [Count] = []
        for (window, result) in zip(windows, await self.redis.send(commands, within: nil)) {
            guard let value = try result.get().integerValue else { continue }
            let isOver = now >= window.advanced(byMilliseconds: length)
            counts.append(
                Count(
                    window: window,
                    uniqueCount: value,
                    isApproximate: self.configuration.store == .hll,
                    state: isOver ? .closing : .open
                )
            )
        }
        return counts
    }

    /// Reads an entry of the stream of counts.
    private static func count(ofEntry entry: RESPValue) -> Count? {
        guard let entry = StreamEntry(entry), let value = entry.fields["unique_count"].flatMap({ Int64($0) }),
            let milliseconds = entry.id.split(separator: "-").first.flatMap({ Int64($0) })
        else { return nil }
        return Count(
            window: ServerTime(milliseconds: milliseconds),
            uniqueCount: value,
            isApproximate: entry.fields["approximate"] != nil,
            state: .closed
        )
    }
}
