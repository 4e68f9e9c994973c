import Glibc

/// The process metrics that Prometheus's own clients have, read from `/proc`.
package enum ProcessMetrics {
    /// The metrics of this process now.
    ///
    /// A value that cannot be read is left out. About five small files of `/proc` are read.
    package static func sample() -> [MetricSample] {
        var samples: [MetricSample] = []
        if let text = SystemCalls.text(ofFile: "/proc/self/stat"), let status = Status(text) {
            samples += Self.samples(of: status)
        }
        if let count = SystemCalls.entryCount(ofDirectory: "/proc/self/fd") {
            // One of them is the look itself.
            let help = "Number of open file descriptors."
            samples.append(MetricSample("process_open_fds", .gauge, help: help, value: Double(count - 1)))
        }
        let limit = sysconf(CInt(_SC_OPEN_MAX))
        if limit > 0 {
            let help = "Maximum number of open file descriptors."
            samples.append(MetricSample("process_max_fds", .gauge, help: help, value: Double(limit)))
        }
        return samples
    }

    private static func samples(of status: Status) -> [MetricSample] {
        let ticks = Double(max(sysconf(CInt(_SC_CLK_TCK)), 1))
        var samples = [
            MetricSample(
                "process_cpu_seconds_total",
                .counter,
                help: "Total user and system CPU time spent in seconds.",
                value: Double(status.cpuTicks) / ticks
            ),
            MetricSample(
                "process_resident_memory_bytes",
                .gauge,
                help: "Resident memory size in bytes.",
                value: Double(status.residentPages) * Double(sysconf(CInt(_SC_PAGESIZE)))
            ),
            MetricSample(
                "process_virtual_memory_bytes",
                .gauge,
                help: "Virtual memory size in bytes.",
                value: Double(status.virtualBytes)
            ),
        ]
        if let boot = Self.bootTime {
            samples.append(
                MetricSample(
                    "process_start_time_seconds",
                    .gauge,
                    help: "Start time of the process since unix epoch in seconds.",
                    value: boot + Double(status.startTicks) / ticks
                )
            )
        }
        return samples
    }

    /// The memory of this process that is resident now, in bytes; `nil` when the system does not tell.
    package static var residentBytes: Int? {
        guard let text = SystemCalls.text(ofFile: "/proc/self/stat"), let status = Status(text) else { return nil }
        return Int(clamping: status.residentPages) * sysconf(CInt(_SC_PAGESIZE))
    }

    /// The fields of `/proc/self/stat` that are used; see proc(5) for their numbers.
    package struct Status: Hashable, Sendable {
        package let cpuTicks: UInt64
        package let startTicks: UInt64
        package let virtualBytes: UInt64
        package let residentPages: UInt64

        package init?(_ text: String) {
            // The second field is the name of the program, which may hold blanks and parentheses itself.
            guard let end = text.lastIndex(of: ")") else { return nil }
            let fields = text[end...].dropFirst().split(whereSeparator: \.isWhitespace)
            guard fields.count > 21, let user = UInt64(fields[11]), let system = UInt64(fields[12]),
                let start = UInt64(fields[19]), let virtual = UInt64(fields[20]), let resident = UInt64(fields[21])
            else { return nil }
            self.cpuTicks = user &+ system
            self.startTicks = start
            self.virtualBytes = virtual
            self.residentPages = resident
        }
    }

    /// When the machine started, in seconds since 1970; read once.
    private static let bootTime: Double? = {
        let lines = SystemCalls.text(ofFile: "/proc/stat")?.split(separator: "\n") ?? []
        return lines.first { $0.hasPrefix("btime ") }.flatMap { Double($0.dropFirst(6)) }
    }()
}
