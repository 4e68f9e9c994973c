import CoreMetrics
import Foundation
import Telemetry
import Testing

struct PrometheusRegistryTests {
    private let registry = PrometheusRegistry()

    private func lines(of name: String) -> [String] {
        self.registry.render().split(separator: "\n").map(String.init).filter { line in
            line.hasPrefix(name) || line.hasPrefix("# HELP \(name) ") || line.hasPrefix("# TYPE \(name) ")
        }
    }

    @Test
    func `a counter counts whole numbers exactly`() {
        self.registry.describe("redis_commands_total", "Commands sent to Redis, by command.", labels: ["command"])
        let counter = Counter(label: "redis_commands_total", dimensions: [("command", "get")], factory: self.registry)
        counter.increment(by: Int64(1) << 53)
        counter.increment()
        counter.increment(by: Int64(-5))
        #expect(
            self.lines(of: "redis_commands_total") == [
                "# HELP redis_commands_total Commands sent to Redis, by command.",
                "# TYPE redis_commands_total counter",
                #"redis_commands_total{command="get"} 9007199254740993"#,
            ]
        )
        counter.reset()
        #expect(self.lines(of: "redis_commands_total").last == #"redis_commands_total{command="get"} 0"#)
    }

    @Test
    func `a floating-point counter takes fractions and refuses what is not a number`() {
        let counter = FloatingPointCounter(label: "work", factory: self.registry)
        for amount in [0.5, 0.25, .nan, .infinity, -1] { counter.increment(by: amount) }
        #expect(self.lines(of: "work_total").last == "work_total 0.75")
    }

    @Test
    func `gauges, meters and plain recorders show the last value`() {
        let meter = Meter(label: "connections", factory: self.registry)
        meter.set(5)
        meter.increment(by: 2)
        meter.decrement(by: 0.5)
        meter.increment(by: Double.nan)
        #expect(self.lines(of: "connections").suffix(2) == ["# TYPE connections gauge", "connections 6.5"])
        Gauge(label: "temperature", factory: self.registry).record(-3)
        #expect(self.lines(of: "temperature").last == "temperature -3")
        meter.set(-Double.infinity)
        #expect(self.lines(of: "connections").last == "connections -Inf")
    }

    @Test
    func `a timer is a histogram of seconds`() {
        let timer = CoreMetrics.Timer(label: "wait_seconds", factory: self.registry)
        for nanoseconds: Int64 in [1_000_000, 1_000_001, 10_000_000_000, 60_000_000_000, -1] {
            timer.recordNanoseconds(nanoseconds)
        }
        let lines = self.lines(of: "wait_seconds")
        #expect(lines.count == 2 + 17 + 2)
        #expect(lines[1] == "# TYPE wait_seconds histogram")
        #expect(lines[2] == #"wait_seconds_bucket{le="0.001"} 2"#)
        #expect(lines[3] == #"wait_seconds_bucket{le="0.0025"} 3"#)
        #expect(lines[17] == #"wait_seconds_bucket{le="10"} 4"#)
        #expect(lines[18] == #"wait_seconds_bucket{le="+Inf"} 5"#)
        #expect(lines[19].hasPrefix("wait_seconds_sum 70.002"))
        #expect(lines[20] == "wait_seconds_count 5")
        CoreMetrics.Timer(label: "other", factory: self.registry).recordSeconds(1)
        #expect(self.lines(of: "other_seconds").last == "other_seconds_count 1")
    }

    @Test
    func `buckets follow the description, and Redis commands have fine ones`() {
        CoreMetrics.Timer(label: "redis_command_duration_seconds", factory: self.registry).recordNanoseconds(30_000)
        #expect(
            self.lines(of: "redis_command_duration_seconds").contains(
                #"redis_command_duration_seconds_bucket{le="5e-05"} 1"#
            )
        )
        self.registry.describe("batch", "Ids in one step.", buckets: MetricBuckets([8, 4, 4, .infinity]))
        Recorder(label: "batch", dimensions: [("x", "y")], aggregate: true, factory: self.registry).record(4)
        #expect(
            self.lines(of: "batch").dropFirst(2) == [
                #"batch_bucket{x="y",le="4"} 1"#, #"batch_bucket{x="y",le="8"} 1"#,
                #"batch_bucket{x="y",le="+Inf"} 1"#, #"batch_sum{x="y"} 4"#, #"batch_count{x="y"} 1"#,
            ]
        )
    }

    @Test
    func `more bounds than a histogram holds are left out`() {
        #expect(MetricBuckets((0..<100).map(Double.init)).bounds.count == MetricBuckets.limit)
        self.registry.describe("many", "Many.", buckets: MetricBuckets((0..<100).map(Double.init)))
        Recorder(label: "many", factory: self.registry).record(1e9)
        #expect(self.lines(of: "many").last == "many_count 1")
    }

    @Test
    func `the same labels in another order are the same series`() {
        Counter(label: "a_total", dimensions: [("x", "1"), ("y", "2")], factory: self.registry).increment()
        Counter(label: "a_total", dimensions: [("y", "2"), ("x", "1")], factory: self.registry).increment()
        #expect(self.lines(of: "a_total").last == #"a_total{x="1",y="2"} 2"#)
    }

    @Test
    func `a metric has so many series and no more`() {
        let small = PrometheusRegistry(seriesLimit: 3)
        small.describe("wide_total", "Wide.", seriesLimit: 5)
        for index in 0..<10 {
            Counter(label: "ids_total", dimensions: [("id", "\(index)")], factory: small).increment()
            Counter(label: "wide_total", dimensions: [("id", "\(index)")], factory: small).increment()
        }
        let lines = small.render().split(separator: "\n")
        #expect(lines.count { $0.hasPrefix("ids_total{") } == 3)
        #expect(lines.count { $0.hasPrefix("wide_total{") } == 5)
        #expect(lines.contains("tally_metrics_series_dropped_total 12"))
    }

    @Test
    func `a name belongs to one kind`() {
        Meter(label: "thing", factory: self.registry).set(1)
        Recorder(label: "thing", factory: self.registry).record(5)
        #expect(self.lines(of: "thing").dropFirst() == ["# TYPE thing gauge", "thing 1"])
        #expect(self.registry.render().contains("tally_metrics_series_dropped_total 1\n"))
    }

    @Test
    func `a destroyed metric is gone, and starts again from nothing`() {
        let counter = Counter(label: "gone_total", factory: self.registry)
        counter.increment()
        let double = FloatingPointCounter(label: "gone_too_total", factory: self.registry)
        double.increment()
        let timer = CoreMetrics.Timer(label: "gone_timer", factory: self.registry)
        let meter = Meter(label: "gone_meter", factory: self.registry)
        let recorder = Recorder(label: "gone_recorder", factory: self.registry)
        counter.destroy()
        double.destroy()
        timer.destroy()
        meter.destroy()
        recorder.destroy()
        #expect(!self.registry.render().contains("gone"))
        counter.increment()
        let again = Counter(label: "gone_total", factory: self.registry)
        again.increment()
        // The old handle must not take the new series with it.
        counter.destroy()
        #expect(self.lines(of: "gone_total").last == "gone_total 1")
    }

    @Test
    func `recording from many threads loses nothing`() async {
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    let counter = Counter(label: "c_total", factory: self.registry)
                    let meter = Meter(label: "m", factory: self.registry)
                    let double = FloatingPointCounter(label: "d_total", factory: self.registry)
                    let timer = CoreMetrics.Timer(label: "t_seconds", factory: self.registry)
                    for _ in 0..<2000 {
                        counter.increment()
                        meter.increment(by: 1)
                        double.increment(by: 0.5)
                        timer.recordNanoseconds(Int64(worker) * 500_000_000)
                    }
                }
                group.addTask { for _ in 0..<50 { _ = self.registry.render() } }
            }
        }
        let text = self.registry.render()
        #expect(text.contains("\nc_total 16000\n"))
        #expect(text.contains("\nm 16000\n"))
        #expect(text.contains("\nd_total 8000\n"))
        #expect(text.contains("\nt_seconds_count 16000\n"))
        #expect(text.contains("\nt_seconds_sum 28000\n"))
    }

    @Test
    func `rendering twice gives the same text`() {
        for name in ["b", "a", "c"] {
            for value in ["2", "1", "3"] {
                Counter(label: name, dimensions: [("v", value)], factory: self.registry).increment()
            }
        }
        #expect(self.registry.render() == self.registry.render())
        let names = self.registry.render().split(separator: "\n").filter { $0.hasPrefix("# TYPE") }
        #expect(names == names.sorted())
    }

    @Test
    func `a help text stays one line`() {
        self.registry.describe("odd_total", "Back\\slash and\nnewline.")
        Counter(label: "odd_total", factory: self.registry).increment()
        #expect(self.lines(of: "odd_total").first == #"# HELP odd_total Back\\slash and\nnewline."#)
    }
}
