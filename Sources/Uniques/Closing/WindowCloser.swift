package import Coordination
package import Logging
import Metrics
import RESP
package import Redis
import ServiceLifecycle
import Timing

/// Closes each window once over all processes: fixes its count, publishes it, logs it, and leaves its reports.
///
/// Every process may run it; the one with the lease works. Each step may be repeated by whoever comes next: the count
/// of a window is fixed by the first close, published under a fence, and delivered from the outbox.
package struct WindowCloser: Service {
    /// Windows looked at in one round trip while catching up.
    private static let chunk = 500

    private let redis: any RedisClient
    private let clock: ServerClock
    private let counts: UniquesCounts
    private let lease: Lease
    private let delivery: OutboxDelivery
    private let configuration: UniquesConfiguration
    private let closed = Counter(label: "tally_uniques_windows_closed_total")
    private let logger: Logger

    package init(
        redis: any RedisClient,
        clock: ServerClock,
        counts: UniquesCounts,
        lease: Lease,
        delivery: OutboxDelivery,
        configuration: UniquesConfiguration,
        logger: Logger
    ) {
        self.redis = redis
        self.clock = clock
        self.counts = counts
        self.lease = lease
        self.delivery = delivery
        self.configuration = configuration
        self.logger = logger
    }

    package func run() async throws {
        await self.lease.run { fence in
            await withTaskGroup { group in
                group.addTask { await self.close(under: fence) }
                group.addTask { await self.delivery.run() }
            }
        }
    }

    /// Closes windows as they end, until cancelled or fenced.
    private func close(under fence: Fence) async {
        let length = self.configuration.windowMilliseconds
        var next: ServerTime?
        while !Task.isCancelled {
            do {
                if next == nil {
                    try await self.logUnlogged()
                    next = try await self.firstUnclosed()
                }
                while let window = next, let now = self.clock.now, self.isDue(window, at: now) {
                    next = try await self.closeChunk(from: window, now: now, fence: fence)
                }
            } catch {
                self.logger.warning("Closing windows is held up", metadata: ["error": "\(error)"])
                next = nil
            }
            // Cancellation ends the sleep, and the loop sees it.
            try? await Task.sleep(for: .milliseconds(Int(min(max(length / 20, 50), 250))), clock: .loop)
        }
    }

    private func isDue(_ window: ServerTime, at now: ServerTime) -> Bool {
        let wait = self.configuration.windowMilliseconds + self.configuration.graceMilliseconds
        return now >= window.advanced(byMilliseconds: wait)
    }

    private func firstUnclosed() async throws(RedisError) -> ServerTime? {
        let length = self.configuration.windowMilliseconds
        if let last = try await self.counts.lastPublished() {
            return last.advanced(byMilliseconds: length).windowStart(lengthMilliseconds: length)
        }
        return self.clock.now?.advanced(byMilliseconds: -self.configuration.unclosedMilliseconds)
            .windowStart(lengthMilliseconds: length)
    }

    /// Closes and publishes the windows from `first` that are due, a chunk of them; returns the next one.
    private func closeChunk(
        from first: ServerTime,
        now: ServerTime,
        fence: Fence
    ) async throws(WindowCloserError) -> ServerTime {
        let length = self.configuration.windowMilliseconds
        var windows: [ServerTime] = []
        var window = first
        while windows.count < Self.chunk, self.isDue(window, at: now) {
            windows.append(window)
            window = window.advanced(byMilliseconds: length)
        }
        let questions = windows.map {
            RedisCommand("EXISTS", .key(UniquesKeys.count($0)), .key(UniquesKeys.closed($0)))
        }
        // Redis's own time beside them: a window that is absent by a wrong clock of ours may still come.
        let answers = await self.redis.send([RedisCommand("TIME")] + questions, within: nil)
        for (window, reply) in zip(windows, answers.dropFirst()) {
            do {
                guard let now = ServerTime(timeReply: try answers[0].get()), self.isDue(window, at: now) else {
                    throw WindowCloserError.tooEarly
                }
                guard try reply.get().integerValue != 0 else { continue }
                guard let count = try await self.fix(window) else { continue }
                try await self.publish(window, count: count, fence: fence)
            } catch let error as RedisError {
                throw .redis(error)
            } catch let error as WindowCloserError {
                throw error
            } catch {
                throw .malformedReply
            }
        }
        return window
    }

    /// Fixes the count of a window; `nil` when the service did not run in it.
    private func fix(_ window: ServerTime) async throws -> Int64? {
        let keep = window.advanced(
            byMilliseconds: self.configuration.windowMilliseconds + self.configuration.unclosedMilliseconds
        )
        let reply = try await self.redis.run(
            RedisScriptCall(
                .uniquesClose,
                keys: [UniquesKeys.count(window), UniquesKeys.closed(window), UniquesKeys.sketch(window)],
                arguments: [
                    .integer(Int(window.milliseconds)), .integer(Int(self.configuration.windowMilliseconds)),
                    .integer(Int(self.configuration.graceMilliseconds)), .integer(Int(keep.milliseconds)),
                ]
            ),
            within: nil
        )
        guard let fields = reply.array, fields.count == 2, let value = fields[1].integerValue else {
            throw WindowCloserError.malformedReply
        }
        switch fields[0].string {
        case "closed": return value
        case "absent": return nil
        // Our clock is ahead of Redis's: look again later.
        case "open": throw WindowCloserError.tooEarly
        default: throw WindowCloserError.malformedReply
        }
    }

    private func publish(_ window: ServerTime, count: Int64, fence: Fence) async throws {
        let reports = self.configuration.reportEndpoints.map {
            WindowReport(window, count: count, to: $0, method: self.configuration.reportMethod)
        }
        let isApproximate = self.configuration.store == .hll
        var arguments: [RedisArgument] = [
            fence.argument, .integer(Int(window.milliseconds)), .text(window.rfc3339), .integer(Int(count)),
            .integer(Int(self.configuration.retentionMilliseconds)), .integer(isApproximate ? 1 : 0),
        ]
        for report in reports {
            arguments += [
                .text(report.endpoint), .text(report.method), .text(report.body), .text(report.idempotencyKey),
            ]
        }
        let reply = try await self.redis.run(
            RedisScriptCall(
                .uniquesPublish,
                keys: [UniquesKeys.counts, self.lease.key, UniquesKeys.outbox],
                arguments: arguments
            ),
            within: nil
        )
        switch reply.string {
        case "published": await self.log(window, count: count)
        case "known": return
        case "fenced":
            Counter(label: "tally_fenced_writes_total", dimensions: [("role", "uniques_closer")]).increment()
            throw WindowCloserError.fenced
        default: throw WindowCloserError.malformedReply
        }
    }

    // MARK: The log line

    /// Logs a count and writes down that it is logged.
    private func log(_ window: ServerTime, count: Int64) async {
        self.logger.info(
            "Unique request count in the last minute: \(count)",
            metadata: ["minute": "\(window.rfc3339)", "unique_count": "\(count)"]
        )
        self.closed.increment()
        let mark = RedisCommand("SET", .key(UniquesKeys.logged), .integer(Int(window.milliseconds)))
        do { _ = try await self.redis.send(mark, within: nil) } catch {
            self.logger.warning("Logged window not marked", metadata: ["error": "\(error)"])
        }
    }

    /// Logs what a predecessor published and did not live to log.
    private func logUnlogged() async throws(RedisError) {
        let mark = try await self.redis.send(RedisCommand("GET", .key(UniquesKeys.logged)), within: nil)
        let logged = mark.integerValue ?? 0
        guard let last = try await self.counts.lastPublished(),
            last.milliseconds > logged
        else { return }
        for count in try await self.counts.published(from: ServerTime(milliseconds: logged + 1), to: last) {
            await self.log(count.window, count: count.uniqueCount)
        }
    }
}

/// Why closing goes no further for now.
package enum WindowCloserError: Error, Hashable, Sendable {
    case redis(RedisError)
    case malformedReply
    case tooEarly
    case fenced
}

extension RedisScript {
    fileprivate static let uniquesClose = RedisScript("uniques_close", source: PackageResources.uniques_close_lua)
    fileprivate static let uniquesPublish = RedisScript(
        "uniques_publish",
        source: LuaLibrary.lease + PackageResources.uniques_publish_lua
    )
}
