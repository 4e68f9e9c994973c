import Coordination
import RESP
import Redis

extension Coupons {
    /// Issues one coupon.
    ///
    /// One round trip and one script; of a leased campaign three more when its part has to borrow, and some more when
    /// the last units are looked for. Safe to repeat with a request id; without one, an unknown outcome stays unknown.
    package func issue(_ order: IssueOrder) async throws(CouponError) -> IssuedCoupon {
        let result: Result<IssuedCoupon, CouponError>
        do { result = .success(try await self.issued(order)) } catch { result = .failure(error) }
        self.metrics.ended(result)
        return try result.get()
    }

    private func issued(_ order: IssueOrder) async throws(CouponError) -> IssuedCoupon {
        try self.ensureStore()
        var ring = try await self.keeper.current()
        var place = self.place(of: order)
        var hasReloaded = false
        var borrowings = 0
        while true {
            let reply = try await self.step("issue", self.issueCall(order, at: place, ring))
            switch reply.word {
            case "leased":
                self.leased.insert(order.campaign)
                place = self.place(of: order)
            case "unknown" where place.part != nil:
                // Redis was emptied, and the id given out again.
                self.leased.remove(order.campaign)
                guard try await self.campaign(order.campaign).mode == .exact else { throw await self.missing() }
                place = order.campaign.root
            case "key" where !hasReloaded:
                hasReloaded = true
                ring = try await self.keeper.load()
            case "empty" where place.part != nil:
                borrowings += 1
                guard borrowings <= Self.borrowingLimit else { throw .busy }
                try await self.borrow(for: place, loan: try reply.number(0))
            default: return try self.outcome(of: reply, at: place, ring)
            }
        }
    }

    /// Tries to get units for one issue; each means that others took what came.
    private static let borrowingLimit = 20

    /// Where an issue is counted, as far as it is known: the campaign itself, or the order's part.
    func place(of order: IssueOrder) -> CampaignPlace {
        guard self.leased.contains(order.campaign) else { return order.campaign.root }
        var random = SystemRandomNumberGenerator()
        return order.part(&random)
    }

    func issueCall(_ order: IssueOrder, at place: CampaignPlace, _ ring: CodeRing) -> RedisScriptCall {
        RedisScriptCall(
            .couponsIssue,
            keys: [
                CouponKeys.campaign(place), CouponKeys.log(place), CouponKeys.users(place),
                CouponKeys.idempotency(place, digest: order.claim?.digest ?? "none"),
            ],
            arguments: [
                .text(order.user), .text(ring.text), .text(order.claim?.request ?? ""),
                .text(order.claim?.fingerprint ?? "0"), .integer(self.configuration.idempotencyKeepMilliseconds),
            ]
        )
    }

    /// The result of an issue whose reply leaves nothing more to try.
    func outcome(of reply: StepReply, at place: CampaignPlace, _ ring: CodeRing) throws(CouponError) -> IssuedCoupon {
        switch reply.word {
        case "issued", "replayed":
            guard let codes = ring.codes(try reply.text(1)) else { throw .codeKey }
            let sequence = place.sequence(try reply.number(0))
            return IssuedCoupon(
                code: codes.code(CouponNumber(campaign: place.campaign, sequence: sequence)),
                isReplay: reply.word == "replayed"
            )
        case "unknown": throw .campaignUnknown
        case "early": throw .notStarted(milliseconds: try reply.number(0))
        case "ended": throw .ended
        case "paused": throw .paused
        case "anonymous": throw .invalid(field: "user_id", description: "is needed: the campaign has a limit per user")
        case "user": throw .userLimit
        case "empty", "sold": throw .soldOut
        case "mismatch": throw .idempotencyKeyReused
        case "key": throw .codeKey
        default: throw .storeInconsistent
        }
    }
}
