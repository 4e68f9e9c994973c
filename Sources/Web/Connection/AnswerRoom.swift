import Metrics
import NIOCore
import Synchronization

/// How many bytes of answers a listener holds for clients that do not take them yet.
///
/// Beyond the limit, answers that made no progress for a second are given up, on every event loop; beyond twice the
/// limit no further one is begun. `http_server_waiting_answer_bytes{listener}` tells how many they are.
final class AnswerRoom: Sendable {
    /// Time without progress after which an answer is given up for others: 1 s.
    static let patience = TimeAmount.seconds(1)
    /// Shorter bodies of HTTP/1.1 are not counted: there is one a connection, and those have a limit.
    static let countedBytes = 16_384

    let limit: Int
    private let gauge: Gauge
    private let bytes = Atomic<Int>(0)

    init(_ listener: String, limit: Int) {
        self.limit = limit
        self.gauge = Gauge(label: "http_server_waiting_answer_bytes", dimensions: [("listener", listener)])
        self.gauge.record(0)
    }

    var isOverfull: Bool { self.bytes.load(ordering: .relaxed) > self.limit }

    /// Takes room for bytes that are ready; returns whether there is any for them.
    ///
    /// Every `true` is followed by one ``giveBack(_:)``.
    func take(_ count: Int) -> Bool {
        let total = self.bytes.add(count, ordering: .relaxed).newValue
        guard total <= 2 * self.limit else {
            self.bytes.subtract(count, ordering: .relaxed)
            return false
        }
        self.gauge.record(total)
        return true
    }

    func giveBack(_ count: Int) {
        guard count > 0 else { return }
        self.gauge.record(self.bytes.subtract(count, ordering: .relaxed).newValue)
    }
}
