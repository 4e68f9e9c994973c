import Coordination
import Ethereum
import HTTPTypes
import Hummingbird
import JSON
import Redis
import Timing
package import Web

/// The faucet over HTTP: `/distribute`, `/distributions` and `/distributions/{id}`.
package struct FaucetRoutes: Sendable {
    let faucet: Faucet
    let watch: DistributionWatch
    let drain: DrainSignal
    private static let read = Scope.read("faucet")
    private static let write = Scope.write("faucet")
    /// How long somebody who waits goes without looking by itself.
    static let pause = Duration.seconds(1)
    /// Time that is left for admission when Redis is slow.
    private static let admissionLimit = Duration.seconds(5)

    package init(_ faucet: Faucet, watch: DistributionWatch, drain: DrainSignal) {
        self.faucet = faucet
        self.watch = watch
        self.drain = drain
    }

    package func add(to router: inout WebRouter) {
        // They wait for a node, which may take longer than a request may otherwise.
        for method in [HTTPRequest.Method.get, .post] {
            router.on(
                method,
                "/distribute",
                scope: Self.write,
                query: .named(["address", "wait"]),
                effect: .changes(),
                isLimited: false,
                content: method == .post ? .optionalJSON() : .none
            ) { request, context in
                let address = method == .post ? try await Self.bodyAddress(request) : nil
                return try await self.distribute(request, context, address: address)
            }
        }
        router.on(
            .get,
            "/distributions",
            scope: Self.read,
            query: .named(["address", "limit", "cursor"]),
            effect: .reads
        ) { _, context in try await self.list(context.query) }
        router.on(
            .get,
            "/distributions/{id}",
            scope: Self.read,
            query: .named(["wait"]),
            effect: .reads,
            isLimited: false
        ) { _, context in try await self.look(context) }
    }

    /// The state that a request for a coin waits for.
    private enum Goal: Hashable {
        case submitted
        case mined

        var state: Distribution.State { self == .mined ? .mined : .submitted }
    }

    // MARK: Distributing

    private func distribute(
        _ request: Request,
        _ context: WebRequestContext,
        address: String?
    ) async throws -> Response {
        let query = context.query
        guard ["accepted", "mined"].contains(query["wait"] ?? "accepted") else {
            throw Problem.parameterInvalid("'wait' is 'accepted' or 'mined'.")
        }
        guard let text = query["address"] ?? address, query["address"] == nil || address == nil else {
            throw FaucetError.addressInvalid
        }
        let caller = try self.caller(request, context)
        let key = try IdempotencyKey.read(request.headers)
        var order = try DistributionOrder(address: text)
        order.requestID = context.requestID
        order.claim = key.map { order.claim(caller: caller, key: $0.text) }
        // HEAD is for looking, and coins are not: a fault is told, and nothing is done.
        guard request.method != .head else { return Response(status: .ok, json: "{}") }
        return try await self.distribute(
            order,
            query["wait"] == "mined" ? .mined : .submitted,
            for: Caller(name: caller)
        )
    }

    private func distribute(
        _ order: DistributionOrder,
        _ goal: Goal,
        for caller: Caller
    ) async throws -> Response {
        let end = LoopClock().now.advanced(by: self.faucet.configuration.wait)
        let id = try self.faucet.makeID()
        // From before it is there, so that no news is missed.
        let watcher = try self.watch.join(id, for: caller)
        let admission: Admission
        do throws(FaucetError) { admission = try await self.admit(order, as: id) } catch {
            self.watch.leave(watcher)
            self.faucet.metrics.requested(error.problem.cause == .service ? .failed : .refused)
            throw error
        }
        self.faucet.metrics.requested(admission.isReplay ? .replayed : .admitted)
        guard admission.isReplay || admission.id != id else {
            defer { self.watch.leave(watcher) }
            return try await self.answer(order, admission, watcher, goal, until: end)
        }
        self.watch.leave(watcher)
        let other = try self.watch.join(admission.id, for: caller)
        defer { self.watch.leave(other) }
        return try await self.answer(order, admission, other, goal, until: end)
    }

    /// Admits, again with the same id while nobody knows whether it happened.
    private func admit(_ order: DistributionOrder, as id: String) async throws(FaucetError) -> Admission {
        let end = LoopClock().now.advanced(by: Self.admissionLimit)
        while true {
            do throws(FaucetError) { return try await self.faucet.admit(order, as: id) } catch {
                // Refused by Redis itself is no matter of time; whatever else came to nothing, or may have.
                switch error {
                case .store(.notSent), .store(.outcomeUnknown), .appliedNotDurable: break
                // Lanes come up within a moment of their workers.
                case .notReady: break
                case .store(.refused), .addressInvalid, .addressChecksum, .addressForbidden, .idInvalid,
                    .distributionUnknown, .idempotencyKeyReused, .callerUnknown, .rateLimited, .paused, .queueFull,
                    .insufficientFunds, .tooManyWatchers, .failed, .storeUnsafe, .storeInconsistent:
                    throw error
                }
                guard LoopClock().now < end, !Task.isCancelled, !self.drain.isDraining else { throw error }
                try? await Task.sleep(for: .milliseconds(50), clock: .loop)
            }
        }
    }

    /// Waits until the distribution is as far as that, and answers; 202 when it is not in time.
    private func answer(
        _ order: DistributionOrder,
        _ admission: Admission,
        _ watcher: DistributionWatcher,
        _ goal: Goal,
        until end: LoopClock.Instant
    ) async throws -> Response {
        var answer = DistributionJSON.Answer(
            id: admission.id,
            address: order.address,
            amount: self.faucet.configuration.amount,
            nonce: admission.nonce
        )
        var isDue = admission.isReplay
        var looked = LoopClock().now
        while true {
            // It is admitted, whether it can be read just now or not.
            if isDue, let found = try? await self.faucet.distribution(admission.id) {
                answer.amount = found.amount
                answer.nonce = found.nonce
                if found.state == .failed { throw FaucetError.failed(id: found.id, reason: found.reason) }
                if found.state.isAtLeast(goal.state) {
                    return self.done(answer, admission, found.answerHash(goal.state), found.block, goal)
                }
                if found.state.isAtLeast(.submitted) {
                    answer.status = Goal.submitted.state.rawValue
                    answer.hash = found.answerHash(.submitted)
                }
            }
            let left = LoopClock().now.duration(to: end)
            guard left > .zero, !self.drain.isDraining, !Task.isCancelled else { break }
            let news = await watcher.wait()
            // News may be lost: now and then everybody looks.
            let now = LoopClock().now
            isDue = news != nil || looked.duration(to: now) >= Self.pause
            if isDue { looked = now }
            if let news, news.state != .failed, news.state.isAtLeast(goal.state), !admission.isReplay,
                goal == .mined || news.state == .submitted
            {
                answer.nonce = news.nonce
                return self.done(answer, admission, news.hash, news.block, goal)
            }
        }
        var fields = self.fields(admission)
        fields[.location] = "/distributions/\(admission.id)"
        return Response(status: .accepted, json: DistributionJSON.answer(answer), fields: fields)
    }

    private func done(
        _ answer: DistributionJSON.Answer,
        _ admission: Admission,
        _ hash: Hash32?,
        _ block: UInt64?,
        _ goal: Goal
    ) -> Response {
        var answer = answer
        answer.hash = hash
        answer.status = goal.state.rawValue
        answer.isDone = true
        if goal == .mined { answer.block = block }
        return Response(json: DistributionJSON.answer(answer), fields: self.fields(admission))
    }

    private func fields(_ admission: Admission) -> HTTPFields {
        var fields: HTTPFields = [.durability: self.faucet.configuration.durability.rawValue]
        if admission.isReplay { fields[.idempotentReplayed] = "true" }
        return fields
    }

    // MARK: What a request says

    /// `{"address":"0x…"}`; nothing is as good, when the query has it.
    private static func bodyAddress(_ request: Request) async throws -> String? {
        let hasLength = (request.headers[.contentLength] ?? "0") != "0" || request.headers[.transferEncoding] != nil
        guard hasLength || request.headers[.contentType] != nil else { return nil }
        var fields = try await JSONFields(JSONBody.read(request, limit: JSONBody.defaultLimit))
        let address = try fields.optionalString("address")
        try fields.finish()
        return address
    }

    /// The scope of the request's key; refuses a stranger when there is a list of callers.
    private func caller(_ request: Request, _ context: WebRequestContext) throws(FaucetError) -> String {
        let callers = self.faucet.configuration.callers
        guard !callers.isEmpty else { return context.caller.name }
        guard let token = BearerToken.read(request.headers[values: .authorization]),
            let caller = callers.first(where: { $0.has(token: String(token)) })
        else { throw .callerUnknown }
        return "faucet/\(caller.name)"
    }
}

extension Distribution {
    /// The transaction that an answer names: once it was given, it stays the same.
    func answerHash(_ state: State) -> Hash32? {
        state == .mined ? self.minedHash : self.firstHash ?? self.hash
    }
}
