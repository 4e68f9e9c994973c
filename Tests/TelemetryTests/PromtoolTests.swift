import CoreMetrics
import Foundation
import Telemetry
import Testing

struct PromtoolTests {
    @Test
    func `promtool has nothing to say about our metrics`() throws {
        let registry = PrometheusRegistry()
        registry.collect { ProcessMetrics.sample() }
        registry.setBuild(version: "1.0.0", swift: "6.3", commit: "abc")
        registry.describe("redis_commands_total", "Commands sent to Redis.", labels: ["command"])
        Counter(label: "redis_commands_total", dimensions: [("command", "get")], factory: registry).increment()
        Meter(label: "redis_connections", factory: registry).set(2)
        CoreMetrics.Timer(label: "redis_command_duration_seconds", factory: registry).recordNanoseconds(1)
        CoreMetrics.Timer(label: "http.server.request.duration", factory: registry).recordNanoseconds(1)
        Recorder(label: "batchSize", dimensions: [("theKind", "a")], factory: registry).record(3)
        Counter(label: "hb.requests", factory: registry).increment()
        #expect(try Promtool.complaints(about: registry.render()) == "")
    }

    @Test
    func `promtool does complain about other text, so its silence means something`() throws {
        #expect(try Promtool.complaints(about: "# TYPE x counter\nx 1\n") != "")
        #expect(try Promtool.complaints(about: "x{a=\"\n\"} 1\n") != "")
    }

    @Test(arguments: 0..<8)
    func `promtool reads any name, label and value`(seed: Int) throws {
        var random = Seeded(UInt64(seed))
        let registry = PrometheusRegistry()
        for index in 0..<60 {
            let dimensions = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                (random.text(upTo: 12), random.text(upTo: 200))
            }
            let label = "m\(index)_" + random.text(upTo: 10)
            switch index % 4 {
            case 0: Counter(label: label, dimensions: dimensions, factory: registry).increment()
            case 1: Recorder(label: label, dimensions: dimensions, factory: registry).record(random.value())
            case 2: CoreMetrics.Timer(label: label, dimensions: dimensions, factory: registry).recordNanoseconds(5)
            default: Meter(label: label, dimensions: dimensions, factory: registry).set(random.value())
            }
            registry.describe(label, random.text(upTo: 100))
        }
        // The linter may dislike such names, but it must be able to read every one of them.
        let complaints = try Promtool.complaints(about: registry.render())
        #expect(!complaints.contains("error while linting"))
        #expect(!complaints.contains("parse"))
    }

    @Test(arguments: 0..<200)
    func `a label value comes back from the escapes as it was, cut to 128`(seed: Int) {
        var random = Seeded(UInt64(seed))
        let value = random.text(upTo: seed.isMultiple(of: 2) ? 40 : 300)
        let escaped = MetricLabels.escaped(value)
        var read = String.UnicodeScalarView()
        var isEscape = false
        for scalar in escaped.unicodeScalars {
            #expect(isEscape || (scalar != "\"" && scalar != "\n"))
            if isEscape { read.append(scalar == "n" ? "\n" : scalar) } else if scalar != "\\" { read.append(scalar) }
            isEscape = !isEscape && scalar == "\\"
        }
        #expect(Array(read) == value.scalars(cutTo: 128))
    }
}

extension Seeded {
    mutating func value() -> Double {
        let values: [Double] = [0, -1.5, 1e300, -1e-300, .nan, .infinity, 12]
        return values.randomElement(using: &self) ?? 0
    }
}

/// Prometheus's own linter, from the Debian package `prometheus`.
enum Promtool {
    /// The output of `promtool check metrics` about a text; empty when it is content.
    static func complaints(about text: String) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["promtool", "check", "metrics"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        // The linter reads all of its input before it prints, so writing first cannot block for ever.
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try input.fileHandleForWriting.close()
        let printed = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let complaints = String(decoding: printed, as: UTF8.self)
        return complaints.isEmpty && process.terminationStatus != 0 ? "exit \(process.terminationStatus)" : complaints
    }
}
