import Metrics
import Web

/// The counters of the accept route, looked up once.
struct AcceptMetrics: Sendable {
    let unique = Counter(label: "tally_uniques_accepted_total", dimensions: [("result", "unique")])
    let duplicate = Counter(label: "tally_uniques_accepted_total", dimensions: [("result", "duplicate")])
    let invalid = Counter(label: "tally_uniques_accepted_total", dimensions: [("result", "invalid")])
    let failed = Counter(label: "tally_uniques_accepted_total", dimensions: [("result", "failed")])
    let overloaded = Counter(label: "tally_uniques_accepted_total", dimensions: [("result", "overloaded")])
    /// Ids whose window had to be taken from Redis's clock, because it was not the one the instance took.
    let moved = Counter(label: "tally_uniques_moved_total")
    let takenTimer: Metrics.Timer
    let failedTimer: Metrics.Timer

    init(_ observer: RequestObserver) {
        self.takenTimer = observer.timer(route: AcceptAnswer.path, method: "GET", status: 200)
        self.failedTimer = observer.timer(route: AcceptAnswer.path, method: "GET", status: 503)
    }
}
