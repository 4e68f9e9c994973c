import Coordination
package import NIOCore
import NIOHTTP1
import RESP
package import Redis
import Timing
package import Web

/// `POST /users/{uid}/add` on the connection's own event loop, for orders that are right and plain.
///
/// Whatever is wrong, asks for `If-Match` or `Prefer`, or comes when money is not served, goes the router's way. An
/// order that finds its account held is handed to ``WaitingAdds``.
package struct AddHotRoute: HotRoute {
    private let ledger: Ledger
    private let node: RedisNode
    private let waiting: WaitingAdds

    package init(_ ledger: Ledger, node: RedisNode, waiting: WaitingAdds) {
        self.ledger = ledger
        self.node = node
        self.waiting = waiting
    }

    package var pattern: HotPattern { .post(AddPlainRequest.head, AddPlainRequest.tail) }
    package var scope: Scope { LedgerRoutes.write }

    package func makeResponder(on eventLoop: any EventLoop) -> any HotResponder {
        AddResponder(self.ledger, connection: self.node.connection(on: eventLoop), waiting: self.waiting)
    }
}

/// The part that lives on one event loop.
private final class AddResponder: HotResponder {
    /// Orders of one event loop that wait for Redis; more go the router's way, which has a limit of its own.
    private static let limit = 4096

    private let ledger: Ledger
    private let connection: RedisLoopConnection
    private let waiting: WaitingAdds
    private let metrics = LedgerMetrics()
    private var underWay = 0

    init(_ ledger: Ledger, connection: RedisLoopConnection, waiting: WaitingAdds) {
        self.ledger = ledger
        self.connection = connection
        self.waiting = waiting
    }

    func respond(to request: HotRequest, _ exchange: HotExchange) -> HotDecision {
        guard self.underWay < Self.limit, self.ledger.configuration.durability == .local, self.ledger.isStoreSafe,
            let order = AddPlainRequest(request)?.order(self.ledger, requestID: exchange.requestID)
        else { return .declined }
        self.underWay += 1
        let deadline = NIODeadline.now() + .nanoseconds(Int64(self.ledger.configuration.deadline / .nanoseconds(1)))
        // A call that cannot be sent ends before `run` returns, when the exchange may not be finished yet.
        var isRefused = false
        var hasReturned = false
        self.connection.run(self.ledger.addCall(order), deadline: deadline) { result in
            if hasReturned { self.finish(order, exchange, result) } else { isRefused = true }
        }
        hasReturned = true
        guard isRefused else { return .taken }
        self.underWay -= 1
        // Nothing left this process: the router tries again until its deadline.
        return .declined
    }

    private func finish(_ order: AddOrder, _ exchange: HotExchange, _ result: Result<RESPValue, RedisError>) {
        let outcome: Result<AddResult, LedgerError>
        do throws(LedgerError) {
            switch result {
            case .failure(let error): throw LedgerError(error)
            case .success(let reply):
                outcome = .success(try self.ledger.result(Commit(reply: reply, durability: .local, replicas: 0)))
            }
        } catch { outcome = .failure(error) }
        guard case .success(let found) = outcome, case .queued = found.outcome else {
            return self.answer(order, exchange, outcome)
        }
        let spent = Duration.nanoseconds((NIODeadline.now() - exchange.arrived).nanoseconds)
        let end = LoopClock().now.advanced(by: self.ledger.configuration.requestDeadline - spent)
        let bound = NIOLoopBound((self, exchange), eventLoop: self.connection.eventLoop)
        self.waiting.add(
            WaitingAdds.Item(order: order, found: found, end: end) { outcome in
                bound.eventLoop.execute {
                    let (responder, exchange) = bound.value
                    responder.answer(order, exchange, outcome)
                }
            }
        )
    }

    private func answer(_ order: AddOrder, _ exchange: HotExchange, _ outcome: Result<AddResult, LedgerError>) {
        self.underWay -= 1
        self.metrics.ended(outcome)
        exchange.finish(AddAnswer(order.account).prepared(outcome, exchange))
        exchange.flush()
    }
}
