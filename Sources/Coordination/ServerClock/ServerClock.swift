package import Logging
import Metrics
import NIOCore
import RESP
package import Redis
import ServiceLifecycle
import Synchronization
import Timing

/// Redis's clock, read without asking Redis each time.
///
/// `run()` samples `TIME` every `interval`; in between the local monotonic clock carries on, so a local wall clock that
/// jumps changes nothing. A decision that must be exact is checked again by the script that makes it.
package final class ServerClock: Service, Sendable {
    package struct Configuration: Sendable {
        /// Time between two samples; default 2 s, range 0.1…60 s.
        package var interval: Duration
        /// The largest error at which the clock is still called known; default 500 ms.
        package var errorLimit: Duration

        package init(interval: Duration = .seconds(2), errorLimit: Duration = .milliseconds(500)) {
            self.interval = interval
            self.errorLimit = errorLimit
        }
    }

    private let redis: any RedisClient
    private let configuration: Configuration
    private let logger: Logger
    private let machine = Mutex(ServerClockMachine())
    /// The offset in microseconds, or `unknown`: read on every hot request without a lock.
    private let offset = Atomic<Int64>(ServerClock.unknown)
    private static let unknown = Int64.min

    package init(redis: any RedisClient, configuration: Configuration = Configuration(), logger: Logger) {
        self.redis = redis
        self.configuration = configuration
        self.logger = logger
    }

    /// Redis's time now; `nil` until the first sample.
    ///
    /// Costs one clock reading.
    package var now: ServerTime? {
        let offset = self.offset.load(ordering: .relaxed)
        guard offset != Self.unknown else { return nil }
        return ServerTime(milliseconds: (Self.localMicroseconds + offset) / 1000)
    }

    /// How wrong ``now`` may be; `nil` until the first sample.
    package var error: Duration? {
        self.machine.withLock { $0.errorNanoseconds(at: NIODeadline.now().uptimeNanoseconds) }
            .map { .nanoseconds(Int64(clamping: $0)) }
    }

    /// Whether ``now`` may be relied on to tell windows apart.
    package var isKnown: Bool { self.error.map { $0 <= self.configuration.errorLimit } ?? false }

    /// Keeps sampling until graceful shutdown or cancellation.
    ///
    /// One round trip a sample.
    package func run() async throws {
        let gauge = Gauge(label: "tally_clock_offset_error_seconds")
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.sample()
                if let error = self.error { gauge.record(error / .seconds(1)) }
                // The first sample decides readiness: ask again soon until it is there.
                let isKnown = self.offset.load(ordering: .relaxed) != Self.unknown
                try? await Task.sleep(for: isKnown ? self.configuration.interval : .milliseconds(100), clock: .loop)
            }
        }
    }

    /// Takes one sample now; a failure leaves what is known as it is.
    package func sample() async {
        let sentAt = NIODeadline.now().uptimeNanoseconds
        let reply: RESPValue
        do { reply = try await self.redis.send(RedisCommand("TIME"), within: .seconds(1)) } catch {
            self.logger.debug("Redis did not tell the time", metadata: ["error": "\(error)"])
            return
        }
        let receivedAt = NIODeadline.now().uptimeNanoseconds
        guard let parts = reply.array, parts.count == 2, let seconds = parts[0].integerValue,
            let microseconds = parts[1].integerValue
        else { return }
        let offset = self.machine.withLock { machine in
            machine.sampled(
                sentAt: sentAt,
                receivedAt: receivedAt,
                serverMicroseconds: seconds * 1_000_000 + microseconds
            )
            return machine.offsetMicroseconds(at: receivedAt)
        }
        if let offset { self.offset.store(offset, ordering: .relaxed) }
    }

    private static var localMicroseconds: Int64 { Int64(NIODeadline.now().uptimeNanoseconds / 1000) }
}
