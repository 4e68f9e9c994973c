import Coordination
import HTTPTypes
import Hummingbird
import JSON
import Ledger
import Outbound
import Timing
package import Web

/// Payments over HTTP: `/payments`, `/payments/{id}` with `/cancel`, `/reverse` and `/events`, and a user's.
package struct PaymentRoutes: Sendable {
    let payments: Payments
    let watch: PaymentWatch
    let drain: DrainSignal
    private static let read = Scope.read("payments")
    private static let write = Scope.write("payments")

    package init(_ payments: Payments, watch: PaymentWatch, drain: DrainSignal) {
        self.payments = payments
        self.watch = watch
        self.drain = drain
    }

    package func add(to router: inout WebRouter) {
        for path in ["/payments", "/payment"] {
            router.on(.post, path, scope: Self.write, query: .none, effect: .changes(), content: .json()) {
                request,
                context in
                try await self.make(request, context)
            }
        }
        // A client may ask to wait for longer than a request may take.
        router.on(
            .get,
            "/payments/{id}",
            scope: Self.read,
            query: .named(["wait"]),
            effect: .reads,
            isLimited: false
        ) { _, context in try await self.look(context) }
        router.on(
            .post,
            "/payments/{id}/cancel",
            scope: Self.write,
            query: .none,
            effect: .changes(),
            content: .optionalJSON()
        ) {
            request,
            context in
            try await self.cancel(request, context)
        }
        router.on(
            .post,
            "/payments/{id}/reverse",
            scope: Self.write,
            query: .none,
            effect: .changes(),
            content: .optionalJSON()
        ) {
            request,
            context in
            try await self.reverse(request, context)
        }
        self.addReading(to: &router)
    }

    private func addReading(to router: inout WebRouter) {
        router.on(
            .get,
            "/payments/{id}/events",
            scope: Self.read,
            query: .none,
            effect: .reads,
            isLimited: false
        ) { request, context in try await self.paymentEvents(request, context) }
        router.on(
            .get,
            "/users/{uid}/payments",
            scope: Self.read,
            query: .named(["limit", "cursor"]),
            effect: .reads
        ) { _, context in try await self.list(context) }
        router.on(
            .get,
            "/users/{uid}/events",
            scope: Self.read,
            query: .none,
            effect: .reads,
            isLimited: false
        ) { request, context in try await self.userEvents(request, context) }
    }

    func id(_ context: WebRequestContext) throws(PaymentsError) -> PaymentID {
        guard let id = PaymentID(context.parameters.get("id") ?? "") else { throw .paymentInvalid }
        return id
    }

    // MARK: Changing

    private func make(_ request: Request, _ context: WebRequestContext) async throws -> Response {
        let key = try IdempotencyKey.read(request.headers)
        var order = try await PaymentOrder(
            body: JSONBody.read(request, limit: JSONBody.defaultLimit),
            self.payments.ledger
        )
        if let callback = order.callback {
            guard self.payments.configuration.signsCallbacks else { throw PaymentsError.callbacksOff }
            guard let endpoint = try? WebhookEndpoint.read(callback, policy: self.payments.configuration.policy) else {
                throw PaymentsError.callbackInvalid
            }
            order.callback = endpoint.text
        }
        order.requestID = context.requestID
        order.claim = key.map { order.claim(caller: context.caller.name, key: $0.text) }
        let durability = self.durability(request)
        return try self.answer(
            await self.counted { () async throws(PaymentsError) in
                try await self.payments.accept(order, durability.wanted)
            },
            durability.preferred
        )
    }

    private func cancel(_ request: Request, _ context: WebRequestContext) async throws -> Response {
        let id = try self.id(context)
        let key = try IdempotencyKey.read(request.headers)
        try await Self.demandNoBody(request)
        let durability = self.durability(request)
        let result = try await self.payments.cancel(
            id,
            caller: context.caller.name,
            key: key?.text,
            requestID: context.requestID,
            durability.wanted
        )
        guard case .cancelled = result.outcome else { return try self.answer(result, durability.preferred) }
        guard let payment = try await self.payments.payment(id) else { throw PaymentsError.paymentUnknown }
        return Response(
            json: PaymentJSON.payment(payment),
            fields: self.fields(result, durability.preferred)
        )
    }

    private func reverse(_ request: Request, _ context: WebRequestContext) async throws -> Response {
        let id = try self.id(context)
        let key = try IdempotencyKey.read(request.headers)
        try await Self.demandNoBody(request)
        let durability = self.durability(request)
        let result = try await self.counted { () async throws(PaymentsError) in
            try await self.payments.reverse(
                id,
                caller: context.caller.name,
                key: key?.text,
                requestID: context.requestID,
                durability.wanted
            )
        }
        return try self.answer(result, durability.preferred, reverses: id)
    }

    /// These requests say all in their path; `{}` is as good as nothing.
    private static func demandNoBody(_ request: Request) async throws {
        var request = request
        guard try await request.collectBody(upTo: JSONBody.defaultLimit).readableBytes > 0 else { return }
        try await JSONFields(JSONBody.read(request, limit: JSONBody.defaultLimit)).finish()
    }

    private func counted(
        _ body: () async throws(PaymentsError) -> PaymentResult
    ) async throws(PaymentsError) -> PaymentResult {
        do {
            let result = try await body()
            switch result.outcome {
            case _ where result.isReplay: self.payments.metrics.requested("replayed")
            case .refused: self.payments.metrics.requested("refused")
            case .accepted, .cancelled: self.payments.metrics.requested("accepted")
            }
            return result
        } catch {
            self.payments.metrics.requested(error.problem.cause == .service ? "failed" : "refused")
            throw error
        }
    }

    private func durability(_ request: Request) -> (wanted: Durability, preferred: Durability?) {
        let preferred = Preferences(request.headers)["durability"].flatMap { Durability(rawValue: $0) }
        return (preferred ?? self.payments.configuration.durability, preferred)
    }

    // MARK: Answers

    private func answer(
        _ result: PaymentResult,
        _ preferred: Durability?,
        reverses: PaymentID? = nil
    ) throws -> Response {
        var fields = self.fields(result, preferred)
        switch result.outcome {
        case .accepted(let id):
            fields[.location] = "/payments/\(id.text)"
            return Response(
                status: .accepted,
                json: PaymentJSON.accepted(id, reverses: reverses),
                fields: fields
            )
        case .cancelled: throw Problem.internalError
        case .refused(let error, let requestID):
            // Named after the request that was refused first, so that a repetition gets the same bytes.
            let problem = error.problem
            for field in problem.fields { fields[field.name] = field.value }
            return Response(status: problem.status, json: problem.body(requestID: requestID), fields: fields)
        }
    }

    private func fields(_ result: PaymentResult, _ preferred: Durability?) -> HTTPFields {
        var fields: HTTPFields = [:]
        switch result.durability {
        case .local: fields[.durability] = "local"
        case .replicated: fields[.durability] = "replicated; replicas=\(result.replicas)"
        }
        if let preferred { fields[.preferenceApplied] = "durability=\(preferred.rawValue)" }
        if result.isReplay { fields[.idempotentReplayed] = "true" }
        return fields
    }
}
