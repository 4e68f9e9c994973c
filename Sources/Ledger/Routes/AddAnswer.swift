import Coordination
import HTTPTypes
import Hummingbird
import NIOHTTP1
import Web

/// The answer to an order, in one form for the router and in the other for the hot route.
struct AddAnswer {
    private let account: Account

    init(_ account: Account) {
        self.account = account
    }

    /// Status, header fields and body; the fields of a problem are its own.
    private struct Parts {
        var status: HTTPResponse.Status
        var fields: HTTPFields
        var body: String
        /// `nil` where the status says it.
        var cause: AnswerCause?
    }

    func response(_ result: AddResult) -> Response {
        let parts = self.parts(result)
        return Response(status: parts.status, headers: parts.fields, body: .init(byteBuffer: .init(string: parts.body)))
    }

    func prepared(_ result: Result<AddResult, LedgerError>, _ exchange: HotExchange) -> PreparedAnswer {
        let parts: Parts
        switch result {
        case .success(let result): parts = self.parts(result)
        case .failure(let error):
            let problem = error.problem
            parts = Parts(
                status: problem.status,
                fields: problem.fields,
                body: problem.body(requestID: exchange.requestID),
                cause: problem.cause
            )
        }
        return PreparedAnswer(
            HTTPResponseStatus(statusCode: parts.status.code),
            fields: parts.fields.map { ($0.name.rawName, $0.value) },
            body: parts.body,
            cause: parts.cause,
            timer: exchange.timer(route: "/users/{uid}/add", status: parts.status.code, cause: parts.cause)
        )
    }

    private func parts(_ result: AddResult) -> Parts {
        let json = LedgerJSON(user: self.account.user, currency: self.account.currency)
        var parts: Parts
        switch result.outcome {
        case .added(let entry):
            parts = Parts(status: .ok, fields: Self.jsonFields, body: json.added(entry))
            parts.fields[.eTag] = "\"\(self.account.user.text)@\(entry.sequence)\""
        case .queued(let operation), .accepted(let operation):
            parts = Parts(status: .accepted, fields: Self.jsonFields, body: json.queued(operation))
            parts.fields[.location] = "/transactions/\(self.account.user.text).\(operation)"
        case .refused(let refusal):
            let problem = refusal.problem
            // Named after the request that was refused first, so that a repetition gets the same bytes.
            parts = Parts(
                status: problem.status,
                fields: problem.fields,
                body: problem.body(requestID: refusal.requestID)
            )
        }
        switch result.durability {
        case .local: parts.fields[.durability] = "local"
        case .replicated: parts.fields[.durability] = "replicated; replicas=\(result.replicas)"
        }
        if result.isReplay { parts.fields[.idempotentReplayed] = "true" }
        return parts
    }

    private static let jsonFields: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
}

extension Refusal {
    fileprivate var problem: Problem {
        switch self.reason {
        case .preconditionFailed:
            Problem(
                self.reason.rawValue,
                .preconditionFailed,
                title: "The account is not as If-Match or If-None-Match says; nothing was done",
                detail: "The account's sequence is \(self.detail)."
            )
        case .duplicateReference:
            Problem(
                self.reason.rawValue,
                .conflict,
                title: "A transaction of this account has this reference; nothing was done"
            )
            .with("transaction", "/transactions/\(self.detail)")
        case .balanceOverflow:
            Problem(
                self.reason.rawValue,
                .conflict,
                title: "The balance, or its shard's sum, would be more than can be counted exactly; nothing was done"
            )
        }
    }
}
