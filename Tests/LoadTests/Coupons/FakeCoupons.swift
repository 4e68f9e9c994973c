import CouponAPI
import Foundation
import Load
import NIOCore
import Synchronization

/// The faults of a ``FakeCoupons``.
struct CouponFaults: Sendable {
    enum Fault: Hashable, Sendable {
        /// Answers like a proxy, after issuing or not.
        case status(Int, issues: Bool)
        /// Answers that it is away, after issuing or not.
        case unavailable(issues: Bool)
        /// Closes the connection instead of answering.
        case close(issues: Bool)
        case refuse(String, Int, String, reason: String?)
        case body(String)
        /// Hands out the code before it once more.
        case reuse
        /// Hands out a code that is not listed.
        case unlisted
        /// Issues one more, for nobody who asked.
        case extra
        /// Issues this code.
        case code(String)
        case otherUser
    }

    enum Replays: Sendable {
        case right
        /// With another code than the first answer.
        case changed
        /// Without saying that they are replays.
        case hidden
        /// Issued again.
        case forgotten
    }

    /// Every so-many-th issue after the start ends like this, unless it is a replay.
    var every: (Int, Fault)?
    var replays = Replays.right
    /// Seconds from its start time until it issues.
    var delay = 0.0
    /// Milliseconds that its clock is ahead.
    var ahead: Int64 = 0
    /// Coupons that it issues beyond the quota, or keeps.
    var excess = 0
    /// Says that it is sold out when so many are left, once, and goes on.
    var falseEnd: Int?
    /// Has no limits for users, or lower ones.
    var userExcess: Int64 = 0
    /// Questions are answered with 503 every so often.
    var unavailableQuestions = 0
    /// Shows what was issued only so many issues later.
    var lag = 0
    /// Changes of what is told, by the number of the question.
    var told: @Sendable (inout Coupon_V1_GetCampaignResponse, Int) -> Void = { _, _ in }
    var listed: @Sendable (inout Coupon_V1_Coupon) -> Void = { _ in }
    /// How long an answer takes, in milliseconds.
    var slowness: Int64 = 0
}

/// A coupon service that keeps its promise, in one process; or nearly so.
final class FakeCoupons: FakeAnswering {
    struct State {
        var campaigns: [Coupon_V1_Campaign] = []
        var coupons: [[Coupon_V1_Coupon]] = []
        /// Codes by request id, and whether the answer got lost.
        var answers: [String: String] = [:]
        var created: [String: Int64] = [:]
        var issues = 0
        var questions = 0
        var hasLied = false
        var requests: [FakeLedgerRequest] = []
    }

    let faults: CouponFaults
    private let state = Mutex(State())

    init(_ faults: CouponFaults) { self.faults = faults }

    static func run<Value>(
        _ faults: CouponFaults = CouponFaults(),
        servers: Int = 1,
        away: Int? = nil,
        _ body: (FakeCoupons, [String]) async throws -> Value
    ) async throws -> Value {
        let service = FakeCoupons(faults)
        return try await FakeServer.run(service, servers: servers, away: away) { try await body(service, $0) }
    }

    /// Requests for coupons.
    var requests: [FakeLedgerRequest] { self.state.withLock { $0.requests } }

    var campaigns: [Coupon_V1_Campaign] { self.state.withLock { $0.campaigns } }

    func coupons(_ id: Int64 = 1) -> [Coupon_V1_Coupon] { self.state.withLock { $0.coupons[Int(id) - 1] } }

    /// Issues some for nobody.
    func issue(_ count: Int, of id: Int64 = 1) {
        self.state.withLock { state in
            for _ in 0..<count { _ = Self.append(&state, id, user: "", code: nil, at: Self.now) }
        }
    }

    static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

    func answer(_ request: FakeLedgerRequest) -> FakeLedgerAnswer? {
        guard request.method == "POST", request.headers["connect-protocol-version"] == "1",
            let codec = CouponCodec.allCases.first(where: { $0.contentType == request.headers["content-type"] })
        else { return FakeLedgerAnswer(415, "") }
        let parts = request.path.split(separator: "/").map(String.init)
        guard parts.count == 2, ["coupon.v1.CouponService", "couponpb.CouponService"].contains(parts[0]) else {
            return FakeLedgerAnswer(404, "")
        }
        return self.state.withLock { state in
            var answer: FakeLedgerAnswer
            if parts[1] == "IssueCoupon" {
                state.requests.append(request)
                answer = self.issue(request, codec, &state)
            } else {
                state.questions += 1
                let every = self.faults.unavailableQuestions
                answer =
                    every > 0 && state.questions.isMultiple(of: every)
                    ? Self.unavailable : self.ask(parts[1], request, codec, &state)
            }
            answer.delay = .milliseconds(self.faults.slowness)
            return answer
        }
    }

    private func issue(_ request: FakeLedgerRequest, _ codec: CouponCodec, _ state: inout State) -> FakeLedgerAnswer {
        guard let asked = codec.decode(Coupon_V1_IssueCouponRequest.self, request.bytes),
            state.campaigns.indices.contains(Int(asked.campaignID) - 1)
        else { return Self.error(404, "not_found", "no", reason: "CAMPAIGN_NOT_FOUND") }
        if let code = state.answers[asked.requestID], self.faults.replays != .forgotten {
            var answer = Self.issued(self.faults.replays == .changed ? "가나\(state.issues)" : code, codec)
            if self.faults.replays != .hidden { answer.headers["Idempotent-Replayed"] = "true" }
            return answer
        }
        let now = Self.now + self.faults.ahead
        if let refusal = self.refusal(asked, now, &state) { return refusal }
        state.issues += 1
        let fault = self.faults.every.flatMap { state.issues.isMultiple(of: $0.0) ? $0.1 : nil }
        switch fault {
        case .status(let status, false)?: return FakeLedgerAnswer(status, "<html>")
        case .unavailable(false)?: return Self.unavailable
        case .close(false)?: return Self.closed
        case .refuse(let code, let status, let message, let reason)?:
            return Self.error(status, code, message, reason: reason)
        case .body(let body)?: return FakeLedgerAnswer(200, body)
        case .reuse?:
            return Self.issued(state.coupons[Int(asked.campaignID) - 1].last?.code ?? "가", codec)
        case .unlisted?: return Self.issued("나\(100_000 + state.issues)", codec)
        default: break
        }
        if fault == .extra { _ = Self.append(&state, asked.campaignID, user: asked.userID, code: nil, at: now) }
        let user = fault == .otherUser ? "somebody" : asked.userID
        var given: String?
        if case .code(let code)? = fault { given = code }
        let code = Self.append(&state, asked.campaignID, user: user, code: given, at: now)
        if !asked.requestID.isEmpty { state.answers[asked.requestID] = code }
        switch fault {
        case .status(let status, true)?: return FakeLedgerAnswer(status, "<html>")
        case .unavailable(true)?: return Self.unavailable
        case .close(true)?: return Self.closed
        default: return Self.issued(code, codec)
        }
    }

    private func refusal(
        _ asked: Coupon_V1_IssueCouponRequest,
        _ now: Int64,
        _ state: inout State
    ) -> FakeLedgerAnswer? {
        let place = Int(asked.campaignID) - 1
        let campaign = state.campaigns[place]
        if now < campaign.startTime.wholeMilliseconds + Int64(self.faults.delay * 1000) {
            return Self.error(
                400,
                "failed_precondition",
                "coupon issuance not started yet",
                reason: "NOT_STARTED"
            )
        }
        let left = Int(campaign.totalCoupons) + self.faults.excess - state.coupons[place].count
        let isLying = self.faults.falseEnd == left && !state.hasLied
        if isLying { state.hasLied = true }
        if left <= 0 || isLying {
            return Self.error(429, "resource_exhausted", "no more coupons available", reason: "SOLD_OUT")
        }
        guard campaign.perUserLimit > 0 else { return nil }
        let count = state.coupons[place].count { $0.userID == asked.userID }
        guard count >= campaign.perUserLimit + self.faults.userExcess else { return nil }
        return Self.error(400, "failed_precondition", "enough", reason: "USER_LIMIT")
    }
}
