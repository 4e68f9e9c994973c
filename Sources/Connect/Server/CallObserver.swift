import Metrics
import Synchronization
import Web

/// Counts calls; names of services and methods are ours, never a caller's.
final class CallObserver: Sendable {
    private struct Series: Hashable {
        let service: String
        let method: String
        let rpcProtocol: RPCProtocol
        let code: RPCCode?
        let cause: AnswerCause
    }

    private let counters = Mutex<[Series: Counter]>([:])

    func count(service: String, method: String, rpcProtocol: RPCProtocol, error: RPCError?) {
        let series = Series(
            service: service,
            method: method,
            rpcProtocol: rpcProtocol,
            code: error?.code,
            cause: error?.cause ?? .none
        )
        let counter = self.counters.withLock { counters in
            if let counter = counters[series] { return counter }
            let counter = Counter(
                label: "tally_connect_calls_total",
                dimensions: [
                    ("service", service), ("method", method), ("protocol", rpcProtocol.rawValue),
                    ("code", series.code?.name ?? "ok"), ("cause", series.cause.rawValue),
                ]
            )
            counters[series] = counter
            return counter
        }
        counter.increment()
    }
}
