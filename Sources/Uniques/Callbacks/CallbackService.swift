package import Coordination
package import Logging
import Metrics
package import Outbound
import RESP
package import Redis
import ServiceLifecycle
import Synchronization

/// Tells callers' endpoints the running count of unique ids, behind their requests' backs.
///
/// Best effort by contract: bounded, coalesced per endpoint, tried once, and lost when the process dies. Reports that
/// must arrive go through the outbox.
package final class CallbackService: Service, Sendable {
    private let redis: any RedisClient
    private let clock: ServerClock
    private let outbound: OutboundClient
    private let configuration: UniquesConfiguration
    private let logger: Logger
    private let machine: Mutex<CallbackMachine>
    private let wakeups: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    private let dropped = Counter(label: "tally_uniques_callbacks_total", dimensions: [("outcome", "dropped")])

    package init(
        redis: any RedisClient,
        clock: ServerClock,
        outbound: OutboundClient,
        configuration: UniquesConfiguration,
        logger: Logger
    ) {
        self.redis = redis
        self.clock = clock
        self.outbound = outbound
        self.configuration = configuration
        self.logger = logger
        self.machine = Mutex(
            CallbackMachine(
                endpointLimit: configuration.callbackLimit,
                concurrentLimit: configuration.callbackConcurrency
            )
        )
        (self.wakeups, self.wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Asks for a callback; returns at once.
    ///
    /// The first of several askers lends it its trace.
    package func ask(_ endpoint: Endpoint, traceparent: String?) {
        switch self.machine.withLock({ $0.ask(endpoint, traceparent: traceparent) }) {
        case .queued: self.wake.yield()
        case .coalesced: break
        case .dropped: self.dropped.increment()
        }
    }

    package func run() async throws {
        await withDiscardingTaskGroup { group in
            for await _ in self.wakeups.cancelOnGracefulShutdown() {
                while let (endpoint, traceparent) = self.machine.withLock({ $0.start() }) {
                    group.addTask {
                        await self.call(endpoint, traceparent: traceparent)
                        self.machine.withLock { $0.ended(endpoint) }
                        self.wake.yield()
                    }
                }
            }
        }
    }

    private func call(_ endpoint: Endpoint, traceparent: String?) async {
        let window = self.clock.now?.windowStart(lengthMilliseconds: self.configuration.windowMilliseconds)
        guard let window, let count = await self.count(in: window) else {
            self.finish(endpoint, "no count", "failed")
            return
        }
        do {
            var request = try self.request(to: endpoint, window, count: count)
            if let traceparent { request.headers.append((name: "traceparent", value: traceparent)) }
            let response = try await self.outbound.send(request)
            self.finish(endpoint, "\(response.status)", (200..<300).contains(response.status) ? "delivered" : "refused")
        } catch {
            self.finish(endpoint, "\(error)", "failed")
        }
    }

    private func count(in window: ServerTime) async -> Int64? {
        let command =
            self.configuration.store == .hll
            ? RedisCommand("PFCOUNT", .key(UniquesKeys.sketch(window)))
            : RedisCommand("GET", .key(UniquesKeys.count(window)))
        do { return try await self.redis.send(command, within: nil).integerValue ?? 0 } catch { return nil }
    }

    private func request(to endpoint: Endpoint, _ window: ServerTime, count: Int64) throws -> OutboundRequest {
        switch self.configuration.callbackMethod {
        case .get:
            OutboundRequest(.get, endpoint.appending(query: [("count", String(count))]))
        case .post:
            OutboundRequest(
                .post,
                endpoint,
                headers: [(name: "Content-Type", value: "application/json")],
                body: Array(WindowReport.json(window, count: count).utf8)
            )
        }
    }

    private func finish(_ endpoint: Endpoint, _ status: String, _ outcome: String) {
        Counter(label: "tally_uniques_callbacks_total", dimensions: [("outcome", outcome)]).increment()
        // Host and port only: the rest of a caller's URL may hold what is not ours to write down.
        self.logger.info(
            "Callback",
            metadata: ["host": "\(endpoint.host)", "port": "\(endpoint.port)", "status": "\(status)"]
        )
    }
}
