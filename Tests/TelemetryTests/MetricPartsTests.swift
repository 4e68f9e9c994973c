import Foundation
import Glibc
import Telemetry
import Testing

struct MetricPartsTests {
    @Test(arguments: [
        ("redis_commands_total", "redis_commands_total"), ("hb.requests", "hb_requests_total"),
        ("someThing", "some_thing_total"), ("HTTPRequests", "httprequests_total"), ("9lives", "_9lives_total"),
        ("", "unnamed_total"), ("a-b:c/d", "a_b_c_d_total"), ("é", "__total"),
    ])
    func `a counter's name is made fit`(label: String, name: String) {
        #expect(MetricName.name(for: label, kind: .counter) == name)
    }

    @Test(arguments: [("x_total", "x"), ("x_total_total", "x"), ("_total", "unnamed"), ("x", "x")])
    func `only counters end with total`(label: String, name: String) {
        #expect(MetricName.name(for: label, kind: .gauge) == name)
    }

    @Test(arguments: [("le", "le_"), ("__name__", "_name__"), ("a b", "a_b"), ("", "unnamed"), ("1", "_1")])
    func `a label's name is made fit`(label: String, name: String) {
        #expect(MetricName.labelName(for: label) == name)
    }

    @Test
    func `this process has all the usual process metrics`() throws {
        let samples = ProcessMetrics.sample()
        let values = Dictionary(uniqueKeysWithValues: samples.map { ($0.name, $0.value) })
        #expect(values.count == 6)
        #expect(try #require(values["process_resident_memory_bytes"]) > 1_000_000)
        #expect(try #require(values["process_virtual_memory_bytes"]) > 1_000_000)
        #expect(try #require(values["process_cpu_seconds_total"]) >= 0)
        #expect(try #require(values["process_open_fds"]) >= 3)
        #expect(try #require(values["process_max_fds"]) == Double(sysconf(CInt(_SC_OPEN_MAX))))
        let start = try #require(values["process_start_time_seconds"])
        #expect(start <= Date().timeIntervalSince1970 + 2)
        #expect(start > Date().timeIntervalSince1970 - 86400)
    }

    @Test
    func `a program's name with blanks and parentheses does not move the fields`() throws {
        let fields = (3...52).map(String.init).joined(separator: " ")
        let status = try #require(ProcessMetrics.Status("42 (a) b) c) \(fields)\n"))
        #expect(status.cpuTicks == 14 + 15)
        #expect(status.startTicks == 22)
        #expect(status.virtualBytes == 23)
        #expect(status.residentPages == 24)
        #expect(ProcessMetrics.Status("42 (a) R 1") == nil)
        #expect(ProcessMetrics.Status("") == nil)
    }
}
