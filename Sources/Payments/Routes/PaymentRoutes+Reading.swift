import Coordination
import HTTPTypes
import Hummingbird
import Ledger
import Timing
import Web

extension PaymentRoutes {
    /// Longest time that a client may wait for a payment to end.
    private static let longestWait = 30
    private static let pause = Duration.seconds(1)

    func look(_ context: WebRequestContext) async throws -> Response {
        let id = try self.id(context)
        guard let seconds = Self.number(context.query["wait"] ?? "0"), (0...Self.longestWait).contains(seconds) else {
            throw Problem.parameterInvalid("'wait' is a whole number of seconds from 0 to \(Self.longestWait).")
        }
        guard seconds > 0 else { return try await self.shown(try await self.known(id)) }
        var payment = try await self.known(id)
        if !payment.state.isTerminal {
            payment = try await self.ended(id, within: .seconds(seconds), for: context.caller)
        }
        return try await self.shown(payment)
    }

    /// The payment once it has ended, or as it is after that time.
    private func ended(
        _ id: PaymentID,
        within limit: Duration,
        for caller: Caller
    ) async throws(PaymentsError) -> Payment {
        let end = LoopClock().now.advanced(by: limit)
        let watcher = try self.watch.join(id.text, for: caller)
        defer { self.watch.leave(watcher) }
        while true {
            let payment = try await self.known(id)
            let left = LoopClock().now.duration(to: end)
            guard !payment.state.isTerminal, left > .zero, !self.drain.isDraining, !Task.isCancelled else {
                return payment
            }
            await watcher.wait(atMost: min(left, Self.pause))
        }
    }

    private func known(_ id: PaymentID) async throws(PaymentsError) -> Payment {
        guard let payment = try await self.payments.payment(id) else { throw .paymentUnknown }
        return payment
    }

    private func shown(_ payment: Payment) async throws -> Response {
        let isOpen = !payment.state.isTerminal
        let position = isOpen ? try await self.payments.position(payment) : nil
        let reversal = try await self.payments.reversal(of: payment)
        return Response(json: PaymentJSON.payment(payment, position: position, reversedBy: reversal, mayReverse: true))
    }

    func list(_ context: WebRequestContext) async throws -> Response {
        guard let user = UserID(context.parameters.get("uid") ?? "") else { throw LedgerError.userInvalid }
        let query = context.query
        guard let limit = Self.number(query["limit"] ?? "10"), (1...100).contains(limit) else {
            throw Problem.parameterInvalid("'limit' is a whole number from 1 to 100.")
        }
        let cursor = try query["cursor"].map { text in
            guard let id = PaymentID(text) else { throw Problem.parameterInvalid("'cursor' is the id of a payment.") }
            return id
        }
        let account = self.payments.ledger.account(user)
        guard let page = try await self.payments.list(account, after: cursor, limit: limit) else {
            throw Problem.parameterInvalid("'cursor' is not one that a page of this list ended with.")
        }
        return Response(json: PaymentJSON.page(user, page, limit: limit))
    }

    /// Plain digits, few of them.
    private static func number(_ text: String) -> Int? {
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }

    // MARK: Events

    func paymentEvents(_ request: Request, _ context: WebRequestContext) async throws -> Response {
        let id = try self.id(context)
        let last = try Self.lastEvent(request)
        let payment = try await self.known(id)
        let newest = EventID(payment.event) ?? .zero
        // A client that has seen the end need not come back.
        if payment.state.isTerminal, let last, last >= newest { return Response(status: .noContent) }
        let snapshot = PaymentJSON.payment(payment)
        let isKnown = last.map { $0 <= newest && $0 != .zero } ?? false
        if payment.state.isTerminal, !isKnown {
            return EventStream.single(id: newest, snapshot)
        }
        return try self.stream(
            context.caller,
            .payment(id, payer: payment.from),
            start: isKnown ? last ?? newest : newest,
            first: isKnown ? nil : snapshot
        )
    }

    func userEvents(_ request: Request, _ context: WebRequestContext) async throws -> Response {
        guard let user = UserID(context.parameters.get("uid") ?? "") else { throw LedgerError.userInvalid }
        let account = self.payments.ledger.account(user)
        let last = try Self.lastEvent(request)
        let newest = try await self.payments.lastEvent(account.shard)
        return try self.stream(context.caller, .account(account), start: min(last ?? newest, newest), first: nil)
    }

    private func stream(
        _ caller: Caller,
        _ subject: EventStream.Subject,
        start: EventID,
        first: String?
    ) throws -> Response {
        guard self.watch.hasRoom(for: caller) else { throw PaymentsError.tooManyWatchers }
        return EventStream(
            payments: self.payments,
            watch: self.watch,
            drain: self.drain,
            caller: caller,
            subject: subject,
            start: start,
            first: first
        ).response
    }

    private static func lastEvent(_ request: Request) throws -> EventID? {
        let values = request.headers[values: .lastEventID]
        guard let text = values.first, !text.isEmpty else { return nil }
        guard values.count == 1, let id = EventID(text) else {
            throw Problem.parameterInvalid("'Last-Event-ID' is the id of an event.")
        }
        return id
    }
}
