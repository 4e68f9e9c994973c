import Metrics
import NIOPosix
import RESP
import Redis
import Support
import Synchronization
import Testing

@Suite struct `Redis metrics` {
    @Test func `commands, times, what is in flight, errors and reconnects are counted`() async throws {
        let proxy = try await FaultProxy(to: RedisServer.shared.port)
        let counted = CountedMetrics()
        let node = RedisNode(
            configuration: try RedisConfiguration(url: "redis://127.0.0.1:\(proxy.port)"),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: CapturedLogs().logger(),
            metricsFactory: counted
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await node.run() }
            defer { group.cancelAll() }
            try await eventually { node.isReady }
            let script = RedisScript("answer", source: Array("return 42".utf8))
            for _ in 0..<10 {
                #expect(try await node.ask("ECHO", "x").string == "x")
                #expect(try await node.outcome(RedisScriptCall(script, keys: [freshKey()])).get().integerValue == 42)
            }
            #expect(await node.outcome(RedisCommand("NONSENSE")).failure?.refusal == .other)
            try await eventually { counted["redis_commands_total{command=ECHO}"] == 10 }
            #expect(counted["redis_command_duration_seconds{command=ECHO}"] == 10)
            #expect(counted["redis_command_duration_seconds{command=answer}"] == 10)
            #expect(counted["redis_errors_total{class=refused_other}"] == 1)
            #expect(counted["redis_reconnects_total"] == 0)

            proxy.mode = .latency(.milliseconds(200))
            async let slow = node.ask("ECHO", "slow")
            try await eventually { counted["redis_in_flight_commands"] == 1 }
            #expect(try await slow.string == "slow")
            try await eventually { counted["redis_in_flight_commands"] == 0 }

            proxy.mode = .pass
            proxy.reset()
            try await eventually { counted["redis_reconnects_total"] > 0 && node.isReady }
        }
        try await proxy.stop()
    }
}

/// A metrics backend that only counts: sums of counters and meters, and how often a timer was used.
private final class CountedMetrics: MetricsFactory {
    private let sums = Mutex<[String: Double]>([:])

    subscript(name: String) -> Double { self.sums.withLock { $0[name] ?? 0 } }

    private func handler(_ label: String, _ dimensions: [(String, String)]) -> Handler {
        let labels = dimensions.map { "\($0)=\($1)" }.joined(separator: ",")
        return Handler(self, labels.isEmpty ? label : "\(label){\(labels)}")
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        self.handler(label, dimensions)
    }
    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        self.handler(label, dimensions)
    }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        self.handler(label, dimensions)
    }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        NOOPMetricsHandler.instance
    }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}

    private final class Handler: CounterHandler, MeterHandler, TimerHandler {
        private let metrics: CountedMetrics
        private let name: String

        init(_ metrics: CountedMetrics, _ name: String) {
            self.metrics = metrics
            self.name = name
        }

        private func add(_ amount: Double) { self.metrics.sums.withLock { $0[self.name, default: 0] += amount } }

        func increment(by amount: Int64) { self.add(Double(amount)) }
        func reset() {}
        func set(_ value: Int64) {}
        func set(_ value: Double) {}
        func increment(by amount: Double) { self.add(amount) }
        func decrement(by amount: Double) { self.add(-amount) }
        func recordNanoseconds(_ duration: Int64) { self.add(1) }
    }
}
