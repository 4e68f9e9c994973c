import Coordination
import RESP
import Redis

extension Coupons {
    // MARK: Making

    /// Makes a campaign, once for each request id; answers its id and whether an earlier request made it.
    ///
    /// Two round trips; of a leased campaign 18. A crash between them makes no campaign: its id is never seen, or it
    /// is completed by the repetition with the same request id.
    package func create(_ order: CampaignOrder) async throws(CouponError) -> (id: CampaignID, isReplay: Bool) {
        try self.ensureStore()
        var ring = try await self.keeper.current()
        var reply = try await self.beginning(order, ring)
        if reply.word == "key" {
            ring = try await self.keeper.load()
            reply = try await self.beginning(order, ring)
        }
        switch reply.word {
        case "new", "replayed": break
        case "mismatch": throw .idempotencyKeyReused
        case "past": throw .invalid(field: "end_time", description: "must be in the future")
        case "full": throw .tooManyCampaigns
        case "key": throw .codeKey
        default: throw .storeInconsistent
        }
        guard let id = CampaignID(try reply.number(0)) else { throw .storeInconsistent }
        let key = try reply.text(2)
        let now = ServerTime(milliseconds: try reply.number(1))
        if order.mode == .leased {
            for place in id.parts { try await self.open(place, order, key: key, now: now) }
        }
        // The root is last: a campaign that can be seen is whole.
        try await self.open(id.root, order, key: key, now: now)
        return (id, reply.word == "replayed")
    }

    private func beginning(_ order: CampaignOrder, _ ring: CodeRing) async throws(CouponError) -> StepReply {
        guard let key = ring.newest else { throw .codeKey }
        return try await self.step(
            "create",
            RedisScriptCall(
                .couponsCreate,
                keys: [
                    CouponKeys.campaigns, CouponKeys.codeKeys, CouponKeys.secrets,
                    CouponKeys.creation(digest: order.claim?.digest ?? "none"),
                ],
                arguments: [
                    .integer(key.version), .text(key.fingerprint), .text(key.version == 0 ? key.text : ""),
                    .text(String(order.end?.milliseconds ?? 0)), .text(String(CampaignID.limit)),
                    .text(order.claim?.request ?? ""), .text(order.claim?.fingerprint ?? "0"),
                    .integer(self.configuration.idempotencyKeepMilliseconds),
                ]
            )
        )
    }

    private func open(
        _ place: CampaignPlace,
        _ order: CampaignOrder,
        key: String,
        now: ServerTime
    ) async throws(CouponError) {
        let record = order.record(key: key, now: now, part: place.part).flatMap { [$0.0, $0.1] }
        let call = RedisScriptCall(
            .couponsOpen,
            keys: [CouponKeys.campaign(place)],
            arguments: record.map { .text($0) }
        )
        _ = try await self.step("open", call)
    }

    // MARK: Changing

    /// The changes that a campaign allows.
    package enum Change: Hashable, Sendable {
        case pause
        case resume
        /// To this quota, which is not less than before.
        case raise(Int64)
    }

    /// Changes a campaign; saying it twice is saying it once.
    ///
    /// One round trip, and one for each part of a leased campaign, which has changed as a whole when this returns.
    package func change(_ id: CampaignID, _ change: Change) async throws(CouponError) -> CampaignStanding {
        try self.ensureStore()
        if case .raise(let quota) = change, !(1...self.configuration.quotaLimit).contains(quota) {
            throw .invalid(
                field: "total_coupons",
                description: "must be 1 to \(self.configuration.quotaLimit)"
            )
        }
        let reply = try await self.step(
            "change",
            RedisScriptCall(
                .couponsChange,
                keys: [CouponKeys.campaign(id.root), CouponKeys.log(id.root)],
                arguments: [.text(change.word), .text(String(change.quota))]
            )
        )
        switch reply.word {
        case "ok": break
        case "unknown": throw .campaignUnknown
        case "falls": throw .quotaFalls
        default: throw .storeInconsistent
        }
        let campaign = try await self.campaign(id)
        if campaign.mode == .leased {
            for part in id.parts {
                let call = RedisScriptCall(
                    .couponsPart,
                    keys: [CouponKeys.campaign(part)],
                    arguments: [.text(campaign.isPaused ? "paused" : "active"), .text(String(campaign.revision))]
                )
                _ = try await self.step("part", call)
            }
        }
        return try await self.standing(of: campaign)
    }
}

extension Coupons.Change {
    fileprivate var word: String {
        switch self {
        case .pause: "paused"
        case .resume: "resumed"
        case .raise: "raised"
        }
    }

    fileprivate var quota: Int64 {
        if case .raise(let quota) = self { return quota }
        return 0
    }
}
