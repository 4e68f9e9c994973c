package import Connect
package import Coordination
import CouponAPI
import HTTPTypes
import SwiftProtobuf
import Web

/// The methods of `coupon.v1.CouponService`, over ``Coupons``.
package struct CouponService: Sendable {
    package static let name = "coupon.v1.CouponService"
    /// The name by which its first users call it.
    package static let seedName = "couponpb.CouponService"

    static let write = Scope.write("coupons")
    private static let read = Scope.read("coupons")
    private static let admin = Scope.admin("coupons")

    private let coupons: Coupons
    private let log: AdminLog
    private static let replayed: HTTPFields = [.idempotentReplayed: "true"]

    /// `log` gets who makes and changes campaigns, and makes coupons void.
    package init(_ coupons: Coupons, log: AdminLog) {
        self.coupons = coupons
        self.log = log
    }

    /// The service under both of its names.
    package var services: [RPCService] {
        var service = RPCService(Self.name, scope: Self.write)
        self.addCampaigns(to: &service)
        self.addCoupons(to: &service)
        return [service, service.named(Self.seedName)]
    }

    // MARK: Campaigns

    private func addCampaigns(to service: inout RPCService) {
        service.unary("CreateCampaign", scope: Self.admin) { request, context in
            try await Self.answer { () async throws(CouponError) in try await self.create(request, context) }
        }
        // With all its codes, which may be many.
        service.unary("GetCampaign", scope: Self.read, hasNoSideEffects: true, isCostly: true) {
            (request: Coupon_V1_GetCampaignRequest, _) in
            try await Self.answer { () async throws(CouponError) in
                let whole = try await self.coupons.whole(try Self.campaign(request.campaignID))
                return RPCAnswer(
                    Coupon_V1_GetCampaignResponse.with {
                        $0.campaign = .init(whole.standing)
                        $0.couponCodes = whole.codes.map(\.description)
                    }
                )
            }
        }
        service.unary("ListCampaigns", scope: Self.read, hasNoSideEffects: true, isCostly: true) { request, _ in
            try await Self.answer { () async throws(CouponError) in try await self.list(request) }
        }
        service.unary("PauseCampaign", scope: Self.admin) { (request: Coupon_V1_PauseCampaignRequest, context) in
            let campaign = try await self.change(request.campaignID, .pause, "pause", context)
            return RPCAnswer(Coupon_V1_PauseCampaignResponse.with { $0.campaign = campaign })
        }
        service.unary("ResumeCampaign", scope: Self.admin) { (request: Coupon_V1_ResumeCampaignRequest, context) in
            let campaign = try await self.change(request.campaignID, .resume, "resume", context)
            return RPCAnswer(Coupon_V1_ResumeCampaignResponse.with { $0.campaign = campaign })
        }
        service.unary("RaiseQuota", scope: Self.admin) { (request: Coupon_V1_RaiseQuotaRequest, context) in
            let change = Coupons.Change.raise(request.totalCoupons)
            let campaign = try await self.change(request.campaignID, change, "raise", context)
            return RPCAnswer(Coupon_V1_RaiseQuotaResponse.with { $0.campaign = campaign })
        }
        service.serverStream("WatchCampaign", scope: Self.read, hasNoSideEffects: true) {
            (request: Coupon_V1_WatchCampaignRequest, _, writer: RPCWriter<Coupon_V1_WatchCampaignResponse>) in
            do {
                var watch = try await CampaignWatch(
                    self.coupons,
                    try Self.campaign(request.campaignID),
                    cursor: request.cursor
                )
                try await watch.run { events in try await writer.write(contentsOf: events.map { .init($0) }) }
            } catch let error as CouponError { throw error.rpc }
            return [:]
        }
    }

    private func create(
        _ request: Coupon_V1_CreateCampaignRequest,
        _ context: RPCContext
    ) async throws(CouponError) -> RPCAnswer<Coupon_V1_CreateCampaignResponse> {
        let mode: Campaign.Mode
        switch request.issueMode {
        case .unspecified, .exact: mode = .exact
        case .leased: mode = .leased
        case .UNRECOGNIZED:
            throw .invalid(field: "issue_mode", description: "must be ISSUE_MODE_EXACT or ISSUE_MODE_LEASED")
        }
        var order = try CampaignOrder(
            name: request.name,
            start: request.hasStartTime ? try Self.time(request.startTime, "start_time") : nil,
            end: request.hasEndTime ? try Self.time(request.endTime, "end_time") : nil,
            quota: request.totalCoupons,
            userLimit: request.perUserLimit,
            mode: mode,
            quotaLimit: self.coupons.configuration.quotaLimit
        )
        order.claim = try Self.requestID(request.requestID, context).map {
            order.claim(caller: context.caller.name, requestID: $0)
        }
        let checked = order
        let told: ((id: CampaignID, isReplay: Bool)) -> String = { "campaign \($0.id.number)" }
        let made = try await self.recorded("create", order.name, context, detail: told) {
            () async throws(CouponError) in
            try await self.coupons.create(checked)
        }
        return RPCAnswer(.with { $0.campaignID = made.id.number }, headers: made.isReplay ? Self.replayed : [:])
    }

    private func list(
        _ request: Coupon_V1_ListCampaignsRequest
    ) async throws(CouponError) -> RPCAnswer<Coupon_V1_ListCampaignsResponse> {
        let limit = try Self.pageSize(request.pageSize, default: 50)
        var before: Int64?
        if !request.pageToken.isEmpty {
            guard let id = Int64(request.pageToken), id > 0 else { throw Self.tokenInvalid }
            before = id
        }
        let page = try await self.coupons.list(before: before, limit: limit)
        return RPCAnswer(
            .with {
                $0.campaigns = page.campaigns.map { .init($0) }
                $0.nextPageToken = page.next.map(String.init) ?? ""
            }
        )
    }

    private func change(
        _ id: Int64,
        _ change: Coupons.Change,
        _ name: String,
        _ context: RPCContext
    ) async throws -> Coupon_V1_Campaign {
        try await Self.answer { () async throws(CouponError) in
            let campaign = try Self.campaign(id)
            let standing = try await self.recorded(name, "campaign \(id)", context) { () async throws(CouponError) in
                try await self.coupons.change(campaign, change)
            }
            return .init(standing)
        }
    }

    /// Carries out what an operator asks for, between its entries in the log.
    private func recorded<Answer>(
        _ name: String,
        _ object: String,
        _ context: RPCContext,
        detail: (Answer) -> String = { _ in "" },
        _ body: () async throws(CouponError) -> Answer
    ) async throws(CouponError) -> Answer {
        let action = AdminLog.Action(
            actor: "api:\(context.caller.name)",
            name: "coupons.\(name)",
            object: object,
            requestID: context.requestID
        )
        return try await self.log.record(action, unwritten: { CouponError($0) }, detail: detail, body)
    }

    // MARK: Coupons

    private func addCoupons(to service: inout RPCService) {
        service.unary("IssueCoupon") { (request: Coupon_V1_IssueCouponRequest, context) in
            try await Self.answer { () async throws(CouponError) in
                let issued = try await self.coupons.issue(
                    try IssueOrder(
                        campaign: request.campaignID,
                        user: request.userID,
                        requestID: try Self.requestID(request.requestID, context),
                        caller: context.caller.name
                    )
                )
                return RPCAnswer(
                    Coupon_V1_IssueCouponResponse.with { $0.couponCode = issued.code.description },
                    headers: issued.isReplay ? Self.replayed : [:]
                )
            }
        }
        service.unary("ListCoupons", scope: Self.read, hasNoSideEffects: true, isCostly: true) { request, _ in
            try await Self.answer { () async throws(CouponError) in try await self.listCoupons(request) }
        }
        service.unary("GetCoupon", scope: Self.read, hasNoSideEffects: true) {
            (request: Coupon_V1_GetCouponRequest, _) in
            try await Self.answer { () async throws(CouponError) in
                let found = try await self.coupons.coupon(try Self.code(request.couponCode))
                return RPCAnswer(Coupon_V1_GetCouponResponse.with { $0.coupon = .init(found.coupon) })
            }
        }
        service.unary("RedeemCoupon") { (request: Coupon_V1_RedeemCouponRequest, context) in
            let used = try await Self.answer { () async throws(CouponError) in
                let code = try Self.code(request.couponCode)
                return try await self.use(code, .redeem(user: request.userID), request.requestID, context)
            }
            return RPCAnswer(Coupon_V1_RedeemCouponResponse.with { $0.coupon = used.coupon }, headers: used.headers)
        }
        service.unary("VoidCoupon", scope: Self.admin) { (request: Coupon_V1_VoidCouponRequest, context) in
            let used = try await Self.answer { () async throws(CouponError) in
                let code = try Self.code(request.couponCode)
                return try await self.recorded("void", code.description, context) { () async throws(CouponError) in
                    try await self.use(code, .void, "", context)
                }
            }
            return RPCAnswer(Coupon_V1_VoidCouponResponse.with { $0.coupon = used.coupon }, headers: used.headers)
        }
    }

    private func use(
        _ code: CouponCode,
        _ use: Coupons.Use,
        _ requestID: String,
        _ context: RPCContext
    ) async throws(CouponError) -> (coupon: Coupon_V1_Coupon, headers: HTTPFields) {
        let used = try await self.coupons.use(
            code,
            use,
            requestID: try Self.requestID(requestID, context),
            caller: context.caller.name
        )
        return (.init(used.coupon), used.isReplay ? Self.replayed : [:])
    }

    private func listCoupons(
        _ request: Coupon_V1_ListCouponsRequest
    ) async throws(CouponError) -> RPCAnswer<Coupon_V1_ListCouponsResponse> {
        let limit = try Self.pageSize(request.pageSize, default: 100)
        let id = try Self.campaign(request.campaignID)
        var cursor = CouponCursor.start
        if !request.pageToken.isEmpty {
            guard let read = CouponCursor(request.pageToken, of: id) else { throw Self.tokenInvalid }
            cursor = read
        }
        let campaign = try await self.coupons.standing(id).campaign
        let page = try await self.coupons.coupons(campaign, after: cursor, limit: limit)
        return RPCAnswer(
            .with {
                $0.coupons = page.coupons.map { .init($0) }
                $0.nextPageToken = page.next?.text(of: id) ?? ""
            }
        )
    }

    // MARK: What requests hold

    /// Our errors in the form of the protocol.
    private static func answer<Answer>(
        _ work: () async throws(CouponError) -> Answer
    ) async throws(RPCError) -> Answer {
        do { return try await work() } catch { throw error.rpc }
    }

    private static func campaign(_ number: Int64) throws(CouponError) -> CampaignID {
        guard number > 0 else { throw .invalid(field: "campaign_id", description: "must be a positive number") }
        guard let id = CampaignID(number) else { throw .campaignUnknown }
        return id
    }

    private static func code(_ text: String) throws(CouponError) -> CouponCode {
        guard !text.isEmpty else { throw .invalid(field: "coupon_code", description: "is missing") }
        guard let code = CouponCode(text) else { throw .couponUnknown }
        return code
    }

    private static func time(
        _ time: Google_Protobuf_Timestamp,
        _ field: String
    ) throws(CouponError) -> ServerTime {
        guard let time = time.serverTime else {
            throw .invalid(field: field, description: "must lie between the years 1970 and 9999")
        }
        return time
    }

    private static func pageSize(_ size: Int32, default standard: Int) throws(CouponError) -> Int {
        guard (0...1000).contains(size) else {
            throw .invalid(field: "page_size", description: "must be 0 to 1000; 0 is \(standard)")
        }
        return size == 0 ? standard : Int(size)
    }

    private static let tokenInvalid = CouponError.invalid(
        field: "page_token",
        description: "is not one that a page of this list ended with"
    )

    private static func requestID(_ text: String, _ context: RPCContext) throws(CouponError) -> String? {
        try RequestName.read(text, context.headers[values: .idempotencyKey])
    }
}
