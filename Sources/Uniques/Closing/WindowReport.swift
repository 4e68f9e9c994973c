import Coordination
import Outbound

/// The report of one window's count to one endpoint.
struct WindowReport: Hashable, Sendable {
    let endpoint: String
    let method: String
    let body: String
    let idempotencyKey: String

    init(_ window: ServerTime, count: Int64, to endpoint: Endpoint, method: UniquesConfiguration.Method) {
        self.endpoint = endpoint.text
        self.method = method.rawValue
        switch method {
        case .post: self.body = Self.json(window, count: count)
        case .get: self.body = "count=\(count)"
        }
        self.idempotencyKey = "uniques-\(window.milliseconds)-\(endpoint.key)"
    }

    /// The body of a report and of a callback.
    static func json(_ window: ServerTime, count: Int64) -> String {
        "{\"minute\":\"\(window.rfc3339)\",\"unique_count\":\(count)}"
    }

    /// The request that a message asks for, or why there can be none.
    static func request(for message: OutboxMessage) throws(EndpointError) -> OutboundRequest {
        var endpoint = try Endpoint(trusted: message.endpoint)
        var headers = [(name: "Idempotency-Key", value: message.idempotencyKey)]
        guard message.method == UniquesConfiguration.Method.post.rawValue else {
            let pair = message.body.split(separator: "=", maxSplits: 1).map(String.init)
            if pair.count == 2 { endpoint = endpoint.appending(query: [(pair[0], pair[1])]) }
            return OutboundRequest(.get, endpoint, headers: headers)
        }
        headers.append((name: "Content-Type", value: "application/json"))
        return OutboundRequest(
            .post,
            endpoint,
            headers: headers,
            body: Array(message.body.utf8),
            // The receiver knows a repetition by its key.
            isRepeatable: true
        )
    }
}
