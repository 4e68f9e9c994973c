import NIOCore
import ServiceLifecycle
import TLS
import Web

/// A listener that names its address when it cannot be had.
struct NamedListener: Service {
    let server: WebServer
    /// The address as `HOST:PORT`.
    let address: String

    func run() async throws {
        do { try await self.server.run() } catch let error as IOError {
            throw CommandFailure.unavailable("cannot listen on \(self.address): \(ConnectFailure.reason(error))")
        }
    }
}
