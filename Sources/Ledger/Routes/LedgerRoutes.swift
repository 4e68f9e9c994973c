package import Coordination
import HTTPTypes
import Hummingbird
package import Web

/// The ledger over HTTP: `/users/{uid}/add`, `/balance`, `/history`, `/statement`, and `/transactions/{id}`.
package struct LedgerRoutes: Sendable {
    let ledger: Ledger
    private let queue: AddQueue

    package init(_ ledger: Ledger, wakes: ShardWakes) {
        self.ledger = ledger
        self.queue = AddQueue(ledger, wakes: wakes)
    }

    package func add(to router: inout WebRouter) {
        router.on(.post, "/users/{uid}/add") { request, context in try await self.add(request, context) }
        router.on(.get, "/users/{uid}/balance") { request, context in try await self.balance(request, context) }
        router.on(.get, "/users/{uid}/history") { request, context in try await self.history(request, context) }
        router.on(.get, "/users/{uid}/statement") { request, context in try await self.statement(request, context) }
        router.on(.get, "/transactions/{id}") { _, context in try await self.transaction(context) }
    }

    func account(_ context: WebRequestContext) throws(LedgerError) -> Account {
        guard let user = UserID(context.parameters.get("uid") ?? "") else { throw .userInvalid }
        return self.ledger.account(user)
    }

    func json(_ user: UserID) -> LedgerJSON {
        LedgerJSON(user: user, currency: self.ledger.configuration.currency)
    }

    // MARK: Adding

    private func add(_ request: Request, _ context: WebRequestContext) async throws -> Response {
        let account = try self.account(context)
        let key = try IdempotencyKey.read(request.headers)
        let precondition = try self.precondition(request, account)
        var order = try await self.order(request, account)
        order.precondition = precondition
        order.requestID = context.requestID
        order.claim = key.map { key in
            IdempotencyClaim(
                caller: Self.anonymous,
                key: key.text,
                method: "POST",
                path: "/users/\(account.user.text)/add",
                canonical: order.canonical
            )
        }
        let preferred = Preferences(request.headers)["durability"].flatMap { Durability(rawValue: $0) }
        let result = try await self.queue.add(order, preferred ?? self.ledger.configuration.durability)
        var response = self.response(result, account)
        if let preferred { response.headers[.preferenceApplied] = "durability=\(preferred.rawValue)" }
        return response
    }

    /// Every caller, until callers have names.
    package static let anonymous = "anonymous"

    private func order(_ request: Request, _ account: Account) async throws -> AddOrder {
        var fields = try JSONFields(await JSONBody.read(request, limit: JSONBody.defaultLimit))
        let amount: Money
        switch fields.take("amount") {
        case .number(let text), .string(let text):
            do { amount = try Money(amount: text, account.currency) } catch .invalid {
                throw LedgerError.amountInvalid
            } catch { throw LedgerError.amountOutOfRange }
        default: throw LedgerError.amountInvalid
        }
        let reference = try fields.optionalString("reference")
        try fields.finish()
        if let reference {
            guard (1...128).contains(reference.utf8.count), reference.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
            else { throw LedgerError.referenceInvalid }
        }
        return AddOrder(account, amount: amount, reference: reference)
    }

    /// Tags of other accounts and weak tags never match.
    private func precondition(_ request: Request, _ account: Account) throws -> AddOrder.Precondition {
        switch try EntityTags.read(request.headers, .ifMatch) {
        case nil: return .none
        case .any: return .exists
        case .these(let strong, _):
            let prefix = "\(account.user.text)@"
            return .sequences(
                strong.prefix(100).compactMap { tag in
                    guard tag.hasPrefix(prefix), let sequence = Int64(tag.dropFirst(prefix.count)),
                        tag == "\(prefix)\(sequence)"
                    else { return nil }
                    return sequence
                }
            )
        }
    }

    private func response(_ result: AddResult, _ account: Account) -> Response {
        var response: Response
        switch result.outcome {
        case .added(let entry):
            response = Response(json: self.json(account.user).added(entry))
            response.headers[.eTag] = Self.tag(account.user, entry.sequence)
        case .queued(let operation), .accepted(let operation):
            response = Response(status: .accepted, json: self.json(account.user).queued(operation))
            response.headers[.location] = "/transactions/\(account.user.text).\(operation)"
        case .refused(let refusal):
            // Named after the request that was refused first, so that a repetition gets the same bytes.
            response = refusal.problem.response(requestID: refusal.requestID)
        }
        response.headers[.durability] =
            switch result.durability {
            case .local: "local"
            case .replicated: "replicated; replicas=\(result.replicas)"
            }
        if result.isReplay { response.headers[.idempotentReplayed] = "true" }
        return response
    }

    static func tag(_ user: UserID, _ sequence: Int64) -> String { "\"\(user.text)@\(sequence)\"" }
}

extension Refusal {
    fileprivate var problem: Problem {
        switch self.reason {
        case .preconditionFailed:
            Problem(
                self.reason.rawValue,
                .preconditionFailed,
                title: "The account is not as If-Match says; nothing was done",
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
                title: "The balance would be more than an account may hold; nothing was done"
            )
        }
    }
}
