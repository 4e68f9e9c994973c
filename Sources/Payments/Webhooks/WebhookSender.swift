package import Coordination
import Metrics
package import Outbound

/// Tries to deliver one webhook: signed, to a host that is allowed now.
package struct WebhookSender: Sendable {
    private let outbound: OutboundClient
    private let policy: EndpointPolicy
    private let signer: WebhookSigner
    private let clock: ServerClock

    /// `policy` is the one for callers' URLs.
    package init(_ outbound: OutboundClient, policy: EndpointPolicy, signer: WebhookSigner, clock: ServerClock) {
        self.outbound = outbound
        self.policy = policy
        self.signer = signer
        self.clock = clock
    }

    package func send(_ message: OutboxMessage) async -> OutboxOutcome {
        let outcome = await self.attempt(message)
        Counter(label: "tally_payments_webhooks_total", dimensions: [("outcome", outcome.name)]).increment()
        return outcome
    }

    private func attempt(_ message: OutboxMessage) async -> OutboxOutcome {
        guard message.method == OutboundRequest.Method.post.rawValue else { return .refused(reason: "method") }
        // A receiver refuses what is not recent, so a time that is not known is not made up.
        guard let now = self.clock.now else { return .retry(reason: "clock unknown", after: nil) }
        let request: OutboundRequest
        do {
            request = try self.request(for: message, time: now)
        } catch {
            return .refused(reason: "endpoint \(error)")
        }
        do throws(OutboundError) {
            let response = try await self.outbound.send(request)
            return OutboxOutcome(status: response.status, retryAfter: response.retryAfter)
        } catch {
            return Self.outcome(of: error)
        }
    }

    /// The list of hosts may have changed since the message was written: its endpoint is read anew each time.
    private func request(for message: OutboxMessage, time: ServerTime) throws(EndpointError) -> OutboundRequest {
        let endpoint = try WebhookEndpoint.read(message.endpoint, policy: self.policy)
        let headers = [
            (name: "Content-Type", value: "application/json"),
            (name: "Idempotency-Key", value: message.idempotencyKey),
        ]
        return OutboundRequest(
            .post,
            endpoint,
            headers: headers + self.signer.headers(id: message.idempotencyKey, time: time, body: message.body),
            body: Array(message.body.utf8),
            // The receiver knows a repetition by its id.
            isRepeatable: true
        )
    }

    private static func outcome(of error: OutboundError) -> OutboxOutcome {
        switch error {
        // It leads inside, or would break the message: it is not asked again and again.
        case .notSent(.blockedAddress), .outcomeUnknown(.blockedAddress), .notSent(.invalidRequest),
            .outcomeUnknown(.invalidRequest):
            .refused(reason: "\(error)")
        case .notSent(let cause), .outcomeUnknown(let cause): .retry(reason: cause.rawValue, after: nil)
        }
    }
}
