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
        router.on(
            .post,
            "/users/{uid}/add",
            scope: Self.write,
            query: .none,
            effect: .changes(honouring: [.ifMatch, .ifNoneMatch]),
            content: .json()
        ) { request, context in
            try await self.add(request, context)
        }
        router.on(.get, "/users/{uid}/balance", scope: Self.read, query: .none, effect: .reads) { request, context in
            try await self.balance(request, context)
        }
        router.on(
            .get,
            "/users/{uid}/history",
            scope: Self.read,
            query: .named(["page", "as_of", "cursor"]),
            effect: .reads
        ) { _, context in try await self.history(context) }
        router.on(
            .get,
            "/users/{uid}/statement",
            scope: Self.read,
            query: .named(["from", "to", "format"]),
            effect: .reads
        ) { _, context in try await self.statement(context) }
        router.on(.get, "/transactions/{id}", scope: Self.read, query: .none, effect: .reads) { _, context in
            try await self.transaction(context)
        }
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

    /// Tags of other accounts never match, and weak ones only where they forbid (RFC 9110, sections 13.1.1 and 13.1.2).
    private func precondition(_ request: Request, _ account: Account) throws -> AddOrder.Precondition {
        let match = try EntityTags.read(request.headers, .ifMatch)
        let noneMatch = try EntityTags.read(request.headers, .ifNoneMatch)
        return AddOrder.Precondition(
            match: try match.map { try Self.states($0, account, withWeak: false) },
            noneMatch: try noneMatch.map { try Self.states($0, account, withWeak: true) }
        )
    }

    private static func states(
        _ tags: EntityTags,
        _ account: Account,
        withWeak: Bool
    ) throws -> AddOrder.Precondition.States {
        switch tags {
        case .any: return .any
        case .these(let strong, let weak):
            guard strong.count + weak.count <= 100 else { throw EntityTags.Failure() }
            let prefix = "\(account.user.text)@"
            return .sequences(
                (withWeak ? strong + weak : strong).compactMap { tag in
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
