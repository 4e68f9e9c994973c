import Connect
import Coordination
import CouponAPI
import HTTPTypes
package import NIOCore
import NIOHTTP1
import RESP
package import Redis
import SwiftProtobuf
import Timing
package import Web

/// `IssueCoupon` by Connect over HTTP/1.1 on the connection's own event loop, for requests that are right and plain.
///
/// Whatever is wrong, compressed or bounded in time, and all that comes when coupons are not served, goes the router's
/// way. An issue that one script could not decide is handed to ``WaitingIssues``.
package struct IssueHotRoute: HotRoute {
    private let coupons: Coupons
    private let node: RedisNode
    private let waiting: WaitingIssues
    private let path: String

    /// `service` is one of the names of ``CouponService``.
    package init(_ coupons: Coupons, service: String, node: RedisNode, waiting: WaitingIssues) {
        self.coupons = coupons
        self.node = node
        self.waiting = waiting
        self.path = "/\(service)\(IssuePlainRequest.method)"
    }

    package var pattern: HotPattern { .post(self.path) }
    package var scope: Scope { CouponService.write }

    package func makeResponder(on eventLoop: any EventLoop) -> any HotResponder {
        IssueResponder(
            self.coupons,
            connection: self.node.connection(on: eventLoop),
            waiting: self.waiting,
            path: self.path
        )
    }
}

/// The part that lives on one event loop.
private final class IssueResponder: HotResponder {
    /// Issues of one event loop that wait for Redis; more go the router's way, which has a limit of its own.
    private static let limit = 4096

    private let coupons: Coupons
    private let connection: RedisLoopConnection
    private let waiting: WaitingIssues
    private let path: String
    private var random = SystemRandomNumberGenerator()
    private var underWay = 0

    init(_ coupons: Coupons, connection: RedisLoopConnection, waiting: WaitingIssues, path: String) {
        self.coupons = coupons
        self.connection = connection
        self.waiting = waiting
        self.path = path
    }

    func respond(to request: HotRequest, _ exchange: HotExchange) -> HotDecision {
        guard self.underWay < Self.limit, self.coupons.configuration.durability == .local,
            self.coupons.isStoreSafe, !self.coupons.failpoints.isArmed, let ring = self.coupons.keeper.ring,
            let plain = IssuePlainRequest(request)
        else { return .declined }
        let order = plain.order
        let place =
            self.coupons.leased.contains(order.campaign) ? order.part(&self.random) : order.campaign.root
        let call = self.coupons.issueCall(order, at: place, ring)
        self.underWay += 1
        let deadline = NIODeadline.now() + .nanoseconds(Int64(self.coupons.configuration.deadline / .nanoseconds(1)))
        // A call that cannot be sent ends before `run` returns, when the exchange may not be finished yet.
        var isRefused = false
        var hasReturned = false
        self.connection.run(call, deadline: deadline) { result in
            guard hasReturned else {
                isRefused = true
                return
            }
            self.finish(plain, exchange, place, ring, result)
        }
        hasReturned = true
        guard isRefused else { return .taken }
        self.underWay -= 1
        // Nothing left this process: the router tries again until its deadline.
        return .declined
    }

    private func finish(
        _ plain: IssuePlainRequest,
        _ exchange: HotExchange,
        _ place: CampaignPlace,
        _ ring: CodeRing,
        _ result: Result<RESPValue, RedisError>
    ) {
        let outcome: Result<IssuedCoupon, CouponError>
        do throws(CouponError) {
            switch result {
            case .failure(let error): throw CouponError(error)
            case .success(let value):
                guard let reply = StepReply(value) else { throw .storeInconsistent }
                if self.isOpen(reply, at: place) { return self.handOn(plain, exchange) }
                outcome = .success(try self.coupons.outcome(of: reply, at: place, ring))
            }
        } catch { outcome = .failure(error) }
        self.coupons.metrics.ended(outcome)
        self.answer(plain, exchange, outcome)
    }

    /// Whether this reply is no answer yet; nothing was issued then.
    private func isOpen(_ reply: StepReply, at place: CampaignPlace) -> Bool {
        switch reply.word {
        case "leased", "key": true
        case "empty", "unknown": place.part != nil
        default: false
        }
    }

    private func handOn(_ plain: IssuePlainRequest, _ exchange: HotExchange) {
        let spent = Duration.nanoseconds((NIODeadline.now() - exchange.arrived).nanoseconds)
        let bound = NIOLoopBound((self, exchange), eventLoop: self.connection.eventLoop)
        self.waiting.add(
            WaitingIssues.Item(
                order: plain.order,
                end: LoopClock().now.advanced(by: self.coupons.configuration.requestDeadline - spent)
            ) {
                outcome in
                bound.eventLoop.execute {
                    let (responder, exchange) = bound.value
                    responder.answer(plain, exchange, outcome)
                }
            }
        )
    }

    private func answer(
        _ plain: IssuePlainRequest,
        _ exchange: HotExchange,
        _ outcome: Result<IssuedCoupon, CouponError>
    ) {
        self.underWay -= 1
        exchange.finish(self.prepared(plain, exchange, outcome))
        exchange.flush()
    }

    private func prepared(
        _ plain: IssuePlainRequest,
        _ exchange: HotExchange,
        _ outcome: Result<IssuedCoupon, CouponError>
    ) -> PreparedAnswer {
        var fields = [("content-type", plain.isJSON ? "application/json" : "application/proto")]
        var status = 200
        var cause = AnswerCause.none
        var body: [UInt8] = []
        do throws(CouponError) {
            let issued = try outcome.get()
            let message = Coupon_V1_IssueCouponResponse.with { $0.couponCode = issued.code.description }
            do { body = try plain.isJSON ? message.jsonUTF8Bytes() : message.serializedBytes() } catch {
                throw .storeInconsistent
            }
            if issued.isReplay { fields.append(("Idempotent-Replayed", "true")) }
        } catch {
            let rpc = error.rpc
            cause = rpc.cause
            let answer = rpc.connectAnswer()
            status = answer.status.code
            body = answer.body
            fields[0].1 = "application/json"
        }
        return PreparedAnswer(
            HTTPResponseStatus(statusCode: status),
            fields: fields,
            bytes: ByteBuffer(bytes: body),
            cause: cause,
            timer: exchange.timer(route: self.path, status: status, cause: cause)
        )
    }
}
