import HTTPTypes
package import Logging
package import Metrics
import NIOCore
import NIOHTTP1
import Synchronization

/// Counts and logs every request once, whoever answers it.
///
/// The access log takes one request in `accessLogSample`, and every one that failed by a defect of ours. Each is
/// counted with its cause: an answer that a caller or the operator causes is no error of the service.
package final class RequestObserver: Sendable {
    private struct Series: Hashable {
        let route: String
        let method: String
        let status: Int
        let cause: AnswerCause
    }

    private let logger: Logger
    private let accessLogSample: Int
    private let count = Atomic<Int>(0)
    private let timers = Mutex<[Series: Metrics.Timer]>([:])

    /// `accessLogSample` is at least 1, or 0 for no access log of successful requests.
    package init(logger: Logger, accessLogSample: Int) {
        self.logger = logger
        self.accessLogSample = accessLogSample
    }

    /// The duration histogram of one route, method, status and cause; made once and kept.
    ///
    /// Without a `cause` it is the one that the status says.
    package func timer(route: String, method: String, status: Int, cause: AnswerCause? = nil) -> Metrics.Timer {
        let cause = cause ?? AnswerCause(status: status)
        let series = Series(route: route, method: method, status: status, cause: cause)
        return self.timers.withLock { timers in
            if let timer = timers[series] { return timer }
            let timer = Metrics.Timer(
                label: "http_server_request_duration_seconds",
                dimensions: [
                    ("route", route), ("method", method), ("status", String(status)), ("cause", cause.rawValue),
                ]
            )
            timers[series] = timer
            return timer
        }
    }

    /// A request that the router answered, or tried to.
    package func observe(
        route: String,
        method: String,
        status: Int,
        cause: AnswerCause,
        duration: Duration,
        requestID: String,
        traceparent: String?
    ) {
        let nanoseconds = Int64(duration / .nanoseconds(1))
        self.timer(route: route, method: method, status: status, cause: cause).recordNanoseconds(nanoseconds)
        self.log(
            route: route,
            method: method,
            status: status,
            cause: cause,
            nanoseconds: nanoseconds,
            requestID: requestID,
            traceparent: traceparent
        )
    }

    func observeHot(_ exchange: HotExchange, _ answer: PreparedAnswer) {
        let nanoseconds = (NIODeadline.now() - exchange.arrived).nanoseconds
        answer.timer?.recordNanoseconds(nanoseconds)
        self.log(
            route: "hot",
            method: exchange.method.rawValue,
            status: answer.status,
            cause: answer.cause,
            nanoseconds: nanoseconds,
            requestID: exchange.requestID,
            traceparent: exchange.traceparent
        )
    }

    func observeRefused(_ problem: Problem, requestID: String) {
        let status = problem.status.code
        let cause = problem.cause
        self.timer(route: "refused", method: "any", status: status, cause: cause).recordNanoseconds(0)
        self.log(route: "refused", method: "any", status: status, cause: cause, nanoseconds: 0, requestID: requestID)
    }

    private func log(
        route: String,
        method: String,
        status: Int,
        cause: AnswerCause,
        nanoseconds: Int64,
        requestID: String,
        traceparent: String? = nil
    ) {
        // In an outage every answer is a 503, and any client can ask for 501: both are sampled like the rest.
        if status != 500 {
            guard self.accessLogSample > 0,
                self.count.wrappingAdd(1, ordering: .relaxed).oldValue % self.accessLogSample == 0
            else { return }
        }
        var metadata: Logger.Metadata = [
            "route": "\(route)", "method": "\(method)", "status": "\(status)", "cause": "\(cause.rawValue)",
            "request_id": "\(requestID)",
            "duration_ms": "\(Double(nanoseconds) / 1_000_000)",
        ]
        if let traceparent { metadata["traceparent"] = "\(traceparent)" }
        self.logger.info("Request", metadata: metadata)
    }
}
