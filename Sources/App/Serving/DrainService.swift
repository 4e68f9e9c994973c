import Logging
import ServiceLifecycle
import Timing
import Web

/// The first to hear that the process is to stop: it says so to everyone, and lets the service go on for a while.
///
/// Stands last in the service group, because services stop in the reverse of their order.
struct DrainService: Service {
    let drain: DrainSignal
    let delay: Duration
    let logger: Logger

    func run() async throws {
        try? await gracefulShutdown()
        self.logger.notice("Draining", metadata: ["delay_seconds": "\(self.delay / .seconds(1))"])
        self.drain.begin()
        // Cancellation ends the wait at once, which is what it asks for.
        try? await Task.sleep(for: self.delay, clock: .loop)
    }
}
