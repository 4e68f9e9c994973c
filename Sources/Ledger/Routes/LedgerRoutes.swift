import Coordination
import HTTPTypes
import Hummingbird
package import Web

/// The ledger over HTTP: `/users/{uid}/add`, `/balance`, `/history`, `/statement`, and `/transactions/{id}`.
package struct LedgerRoutes: Sendable {
    let ledger: Ledger
    private let queue: AddQueue
    private static let read = Scope.read("ledger")
    static let write = Scope.write("ledger")

    package init(_ ledger: Ledger, queue: AddQueue) {
        self.ledger = ledger
        self.queue = queue
    }

    package func add(to router: inout WebRouter) {
        router.on(.post, "/users/{uid}/add", scope: Self.write) { request, context in
            try await self.add(request, context)
        }
        router.on(.get, "/users/{uid}/balance", scope: Self.read) { request, context in
            try await self.balance(request, context)
        }
        router.on(.get, "/users/{uid}/history", scope: Self.read) { request, context in
            try await self.history(request, context)
        }
        router.on(.get, "/users/{uid}/statement", scope: Self.read) { request, context in
            try await self.statement(request, context)
        }
        router.on(.get, "/transactions/{id}", scope: Self.read) { _, context in try await self.transaction(context) }
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
        var order = try await AddOrder(account, body: JSONBody.read(request, limit: JSONBody.defaultLimit))
        order.precondition = precondition
        order.requestID = context.requestID
        order.claim = key.map { order.claim(caller: context.caller.name, key: $0.text) }
        let preferred = Preferences(request.headers)["durability"].flatMap { Durability(rawValue: $0) }
        let result = try await self.queue.add(order, preferred ?? self.ledger.configuration.durability)
        var response = AddAnswer(account).response(result)
        if let preferred { response.headers[.preferenceApplied] = "durability=\(preferred.rawValue)" }
        return response
    }

    /// Tags of other accounts and weak tags never match.
    private func precondition(_ request: Request, _ account: Account) throws -> AddOrder.Precondition {
        switch try EntityTags.read(request.headers, .ifMatch) {
        case nil: return .none
        case .any: return .exists
        case .these(let strong, _):
            let prefix = "\(account.user.text)@"
            guard strong.count <= 100 else { throw EntityTags.Failure() }
            return .sequences(
                strong.compactMap { tag in
                    guard tag.hasPrefix(prefix), let sequence = Int64(tag.dropFirst(prefix.count)),
                        tag == "\(prefix)\(sequence)"
                    else { return nil }
                    return sequence
                }
            )
        }
    }

    static func tag(_ user: UserID, _ sequence: Int64) -> String { "\"\(user.text)@\(sequence)\"" }
}
