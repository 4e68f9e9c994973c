import CouponAPI
import Foundation
import Load
import SwiftProtobuf

/// The answers of a ``FakeCoupons``.
extension FakeCoupons {
    static let unavailable = FakeCoupons.error(503, "unavailable", "away", reason: "DEPENDENCY_UNAVAILABLE")

    static var closed: FakeLedgerAnswer {
        var answer = FakeLedgerAnswer(200, "")
        answer.body = nil
        return answer
    }

    static func error(_ status: Int, _ code: String, _ message: String, reason: String?) -> FakeLedgerAnswer {
        let details = reason.map { #","details":[\#(Self.info($0))]"# } ?? ""
        return FakeLedgerAnswer(status, #"{"code":"\#(code)","message":"\#(message)"\#(details)}"#)
    }

    /// A `google.rpc.ErrorInfo` as a detail.
    static func info(_ reason: String) -> String {
        let bytes: [UInt8] = [10, UInt8(reason.utf8.count)] + Array(reason.utf8) + [18, 5] + Array("tally".utf8)
        let text = Data(bytes).base64EncodedString().replacing("=", with: "")
        return #"{"type":"google.rpc.ErrorInfo","value":"\#(text)"}"#
    }

    static func issued(_ code: String, _ codec: CouponCodec) -> FakeLedgerAnswer {
        var message = Coupon_V1_IssueCouponResponse()
        message.couponCode = code
        return Self.told(message, codec)
    }

    static func told(_ message: some Message, _ codec: CouponCodec) -> FakeLedgerAnswer {
        var answer = FakeLedgerAnswer(200, "")
        answer.bytes = codec.encode(message)
        answer.headers["Content-Type"] = codec.contentType
        return answer
    }

    /// A code that no other campaign and no other sequence has.
    static func code(_ campaign: Int64, _ sequence: Int) -> String {
        let syllable = Unicode.Scalar(UInt32(0xAC00 + sequence % 11172)).map(String.init) ?? "가"
        let digits = String(sequence)
        return syllable + "하" + String(campaign) + "힣" + String(repeating: "0", count: 6 - digits.count) + digits
    }

    static func append(
        _ state: inout State,
        _ id: Int64,
        user: String,
        code: String?,
        at now: Int64
    ) -> String {
        let place = Int(id) - 1
        var coupon = Coupon_V1_Coupon()
        coupon.campaignID = id
        coupon.sequence = Int64(state.coupons[place].count + 1)
        coupon.code = code ?? Self.code(id, state.coupons[place].count + 1)
        coupon.userID = user
        coupon.issueTime = Google_Protobuf_Timestamp(wholeMilliseconds: now)
        coupon.state = .issued
        state.coupons[place].append(coupon)
        return coupon.code
    }

    func ask(
        _ method: String,
        _ request: FakeLedgerRequest,
        _ codec: CouponCodec,
        _ state: inout State
    ) -> FakeLedgerAnswer {
        switch method {
        case "CreateCampaign":
            guard let asked = codec.decode(Coupon_V1_CreateCampaignRequest.self, request.bytes) else {
                return Self.error(400, "invalid_argument", "no", reason: "INVALID")
            }
            var message = Coupon_V1_CreateCampaignResponse()
            message.campaignID = state.created[asked.requestID] ?? self.create(asked, &state)
            state.created[asked.requestID] = message.campaignID
            return Self.told(message, codec)
        case "GetCampaign":
            guard let asked = codec.decode(Coupon_V1_GetCampaignRequest.self, request.bytes),
                state.campaigns.indices.contains(Int(asked.campaignID) - 1)
            else { return Self.error(404, "not_found", "no", reason: "CAMPAIGN_NOT_FOUND") }
            return Self.told(self.campaign(asked.campaignID, state), codec)
        case "ListCoupons":
            guard let asked = codec.decode(Coupon_V1_ListCouponsRequest.self, request.bytes) else {
                return Self.error(400, "invalid_argument", "no", reason: "INVALID")
            }
            return Self.told(self.page(asked, state), codec)
        default: return Self.error(501, "unimplemented", "no", reason: nil)
        }
    }

    private func create(_ asked: Coupon_V1_CreateCampaignRequest, _ state: inout State) -> Int64 {
        var campaign = Coupon_V1_Campaign()
        campaign.id = Int64(state.campaigns.count + 1)
        campaign.name = asked.name
        campaign.createTime = Google_Protobuf_Timestamp(wholeMilliseconds: Self.now + self.faults.ahead)
        campaign.startTime = asked.hasStartTime ? asked.startTime : campaign.createTime
        campaign.totalCoupons = asked.totalCoupons
        campaign.perUserLimit = asked.perUserLimit
        campaign.issueMode = asked.issueMode == .leased ? .leased : .exact
        state.campaigns.append(campaign)
        state.coupons.append([])
        return campaign.id
    }

    private func campaign(_ id: Int64, _ state: State) -> Coupon_V1_GetCampaignResponse {
        let all = state.coupons[Int(id) - 1]
        // While it issues it lags; with everything issued it does not.
        let isRunning = all.count < state.campaigns[Int(id) - 1].totalCoupons
        let shown = isRunning ? all.dropLast(self.faults.lag) : all[...]
        var message = Coupon_V1_GetCampaignResponse()
        message.campaign = state.campaigns[Int(id) - 1]
        message.campaign.issuedCoupons = Int64(shown.count)
        message.campaign.state = all.count >= message.campaign.totalCoupons ? .soldOut : .active
        if message.campaign.startTime.wholeMilliseconds > Self.now + self.faults.ahead {
            message.campaign.state = .scheduled
        }
        message.couponCodes = shown.map(\.code)
        self.faults.told(&message, state.questions)
        return message
    }

    private func page(_ asked: Coupon_V1_ListCouponsRequest, _ state: State) -> Coupon_V1_ListCouponsResponse {
        let all = state.coupons[Int(asked.campaignID) - 1]
        let first = Int(asked.pageToken) ?? 0
        var message = Coupon_V1_ListCouponsResponse()
        // Smaller pages than asked for are right.
        let end = min(first + min(Int(asked.pageSize), 70), all.count)
        message.coupons = all[first..<end].map { coupon in
            var coupon = coupon
            self.faults.listed(&coupon)
            return coupon
        }
        if end < all.count { message.nextPageToken = "\(end)" }
        return message
    }
}
