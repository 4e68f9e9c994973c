package import Coordination
package import Outbound

/// How unique ids are counted and reported.
package struct UniquesConfiguration: Sendable {
    /// Where it is written down which ids a window has seen.
    package enum Store: String, CaseIterable, Sendable {
        /// One key per id: about 130 bytes of Redis each.
        case setnx
        /// Sharded sets of integers: 4 to 8 bytes an id.
        case set
        /// A HyperLogLog of 12 KiB a window: approximate, about 1 % off, and marked so.
        case hll
    }

    /// How counts are sent to an endpoint.
    package enum Method: String, CaseIterable, Sendable {
        /// `{"minute":"…Z","unique_count":n}` in the body.
        case post = "POST"
        /// `count=n`, merged into the endpoint's query.
        case get = "GET"
    }

    /// Length of a window; default 60 s, range 1 s…1 h.
    ///
    /// All instances must agree.
    package var window: Duration = .seconds(60)
    /// How long after its end a window still takes ids that arrived in it; default 2 s, range 0.1…30 s.
    package var grace: Duration = .seconds(2)
    package var store: Store = .setnx
    /// Sets per window with the store `set`; default 2048, range 1…65536.
    package var shards = 2048
    /// How long counts are kept; default 31 days.
    package var retention: Duration = .seconds(31 * 86_400)
    /// Ids in one script call; default 256, range 1…1024.
    package var batchLimit = 256
    /// Requests of one event loop that wait for Redis; beyond it 503.
    ///
    /// Default 8192.
    package var waitingLimit = 8192
    /// How long a request waits for Redis; default 2 s, range 0.05…5 s.
    package var deadline: Duration = .seconds(2)
    /// Where each window's count is reported to, in order; none by default.
    package var reportEndpoints: [Endpoint] = []
    package var reportMethod = Method.post
    package var callbackMethod = Method.post
    /// Distinct endpoints whose callback is owed at once; beyond it callbacks are dropped and counted.
    ///
    /// Default 1000.
    package var callbackLimit = 1000
    /// Callbacks under way at once; default 64.
    package var callbackConcurrency = 64
    package var outbox = OutboxMachine.Configuration()

    package init() {}

    /// How long a window that nobody closed can still be closed: 7 days, and no more than 10,080 windows.
    ///
    /// A closer that starts for the first time looks at each of them.
    var unclosedMilliseconds: Int64 { min(7 * 86_400_000, 10_080 * self.windowMilliseconds) }

    var windowMilliseconds: Int64 { self.window.inMilliseconds }
    var graceMilliseconds: Int64 { self.grace.inMilliseconds }
    var retentionMilliseconds: Int64 { self.retention.inMilliseconds }
}
