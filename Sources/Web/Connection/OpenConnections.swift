import HummingbirdCore
import Metrics

/// Lets no more than so many connections be open at once, and tells how many are.
///
/// `http_server_connections{listener}` and `http_server_connection_limit{listener}`.
struct OpenConnections: AvailableConnectionsDelegate {
    private let limit: Int
    private let gauge: Gauge
    private var count = 0

    init(_ listener: String, limit: Int) {
        self.limit = limit
        self.gauge = Gauge(label: "http_server_connections", dimensions: [("listener", listener)])
        self.gauge.record(0)
        Gauge(label: "http_server_connection_limit", dimensions: [("listener", listener)]).record(limit)
    }

    mutating func connectionOpened() { self.change(by: 1) }

    mutating func connectionClosed() { self.change(by: -1) }

    func isAcceptingNewConnections() -> Bool { self.count < self.limit }

    private mutating func change(by difference: Int) {
        self.count += difference
        self.gauge.record(self.count)
    }
}
