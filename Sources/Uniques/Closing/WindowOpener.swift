package import Coordination
package import Logging
package import Redis
import ServiceLifecycle
import Timing

/// Writes down that the service runs in a window, so that a window without any request is reported as 0.
///
/// Every process does it, and all of them together do it once.
package struct WindowOpener: Service {
    private let redis: any RedisClient
    private let clock: ServerClock
    private let configuration: UniquesConfiguration
    private let logger: Logger

    package init(redis: any RedisClient, clock: ServerClock, configuration: UniquesConfiguration, logger: Logger) {
        self.redis = redis
        self.clock = clock
        self.configuration = configuration
        self.logger = logger
    }

    package func run() async throws {
        let length = self.configuration.windowMilliseconds
        await cancelWhenGracefulShutdown {
            var opened: ServerTime?
            while !Task.isCancelled {
                let window = self.clock.now?.windowStart(lengthMilliseconds: length)
                if let window, window != opened, await self.open(window) { opened = window }
                try? await Task.sleep(for: .milliseconds(Int(min(length / 8, 1000))), clock: .loop)
            }
        }
    }

    private func open(_ window: ServerTime) async -> Bool {
        let keep = window.advanced(
            byMilliseconds: self.configuration.windowMilliseconds + self.configuration.unclosedMilliseconds
        )
        let command = RedisCommand(
            "SET",
            .key(UniquesKeys.count(window)),
            "0",
            "NX",
            "PXAT",
            .integer(Int(keep.milliseconds))
        )
        do {
            _ = try await self.redis.send(command, within: nil)
            return true
        } catch {
            self.logger.debug("Window not opened yet", metadata: ["error": "\(error)"])
            return false
        }
    }
}
