package import Coordination
import Metrics
package import Outbound

/// Tries to deliver one report.
package struct ReportSender: Sendable {
    private let outbound: OutboundClient

    package init(_ outbound: OutboundClient) {
        self.outbound = outbound
    }

    package func send(_ message: OutboxMessage) async -> OutboxOutcome {
        let outcome: OutboxOutcome
        do {
            let response = try await self.outbound.send(try WindowReport.request(for: message))
            outcome = OutboxOutcome(status: response.status, retryAfter: response.retryAfter)
        } catch let error as EndpointError {
            outcome = .refused(reason: "endpoint \(error)")
        } catch {
            outcome = .retry(reason: "\(error)", after: nil)
        }
        Counter(label: "tally_uniques_reports_total", dimensions: [("outcome", outcome.name)]).increment()
        return outcome
    }
}
