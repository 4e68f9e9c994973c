import Logging
import ServiceLifecycle
import Telemetry
import Timing

/// Gives memory back to the system that a burst took and nobody uses any more.
///
/// The allocator keeps freed memory for itself, in as many arenas as there are threads. Every ten seconds this service
/// compares what is resident with what was left last time; a quarter and 32 MiB more is worth a return, which takes
/// some milliseconds for 100 MiB.
struct MemoryReturn: Service {
    private static let interval = Duration.seconds(10)
    private static let leastGrowth = 32 << 20

    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var left = ProcessMetrics.residentBytes ?? 0
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.interval, clock: .loop)
                guard let bytes = ProcessMetrics.residentBytes else { continue }
                left = bytes > left + max(left / 4, Self.leastGrowth) ? self.giveBack(from: bytes) : min(left, bytes)
            }
        }
    }

    /// Returns how much is resident then.
    private func giveBack(from before: Int) -> Int {
        ProcessLimits.returnFreeMemory()
        let after = ProcessMetrics.residentBytes ?? before
        self.logger.debug("Memory returned", metadata: ["before_bytes": "\(before)", "after_bytes": "\(after)"])
        return after
    }
}
