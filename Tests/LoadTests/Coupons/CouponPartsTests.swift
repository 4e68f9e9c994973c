import CouponAPI
import Foundation
import Load
import SwiftProtobuf
import Testing

struct CouponPartsTests {
    @Test(arguments: CouponCodec.allCases)
    func `messages are read as they were written, and fields of later versions are passed over`(
        codec: CouponCodec
    ) throws {
        var message = Coupon_V1_GetCampaignResponse()
        message.campaign.id = 7
        message.campaign.startTime = Google_Protobuf_Timestamp(wholeMilliseconds: 1_700_000_000_125)
        message.couponCodes = ["가나다12라마바34", "힣0"]
        let bytes = codec.encode(message)
        #expect(codec.decode(Coupon_V1_GetCampaignResponse.self, bytes) == message)
        #expect(codec.decode(Coupon_V1_GetCampaignResponse.self, Array("<html>".utf8)) == nil)
        let later = Array(#"{"campaign":{"id":"7","later":1},"couponCodes":[],"more":{}}"#.utf8)
        #expect((CouponCodec.json.decode(Coupon_V1_GetCampaignResponse.self, later)?.campaign.id) == 7)
        #expect(codec.contentType == (codec == .json ? "application/json" : "application/proto"))
    }

    @Test
    func `an error is read with its reason`() throws {
        let body =
            #"{"code":"resource_exhausted","message":"no more coupons available","details":["#
            + #"{"type":"google.rpc.RetryInfo","value":"CgIIAQ"},\#(FakeCoupons.info("SOLD_OUT"))]}"#
        let error = try #require(CouponCallError(Array(body.utf8)))
        #expect(error.code == "resource_exhausted" && error.message == "no more coupons available")
        #expect(error.reason == "SOLD_OUT" && error.name == "SOLD_OUT")
        #expect(CouponRefusal(error) == .soldOut)
        let bare = try #require(CouponCallError(Array(#"{"code":"internal"}"#.utf8)))
        #expect(bare.reason == nil && bare.message == "" && bare.name == "internal without a reason")
    }

    @Test(arguments: [
        "", "<html>", "{}", "[]", #"{"code":1}"#, #"{"message":"x"}"#, #"{"code":"a","code":"b"}"#,
    ])
    func `what is no error of Connect is not read`(body: String) {
        #expect(CouponCallError(Array(body.utf8)) == nil)
    }

    @Test(arguments: [
        #"{"type":"google.rpc.ErrorInfo"}"#, #"{"type":"google.rpc.ErrorInfo","value":"*"}"#,
        #"{"type":"google.rpc.ErrorInfo","value":"////"}"#, #"{"type":"x","value":"CghTT0xEX09VVA"}"#, "1", "null",
    ])
    func `a detail of another form gives no reason`(detail: String) throws {
        let error = try #require(CouponCallError(Array(#"{"code":"a","details":[\#(detail)]}"#.utf8)))
        #expect(error.reason == nil)
    }

    private static func outcome(_ answer: FakeLedgerAnswer) -> ChangeOutcome {
        var read = ExchangeAnswer(status: answer.status, isKeepingAlive: true)
        read.body = answer.bytes ?? Array((answer.body ?? "").utf8)
        return ChangeOutcome(issue: read, .protobuf)
    }

    @Test
    func `answers to an issue are told apart`() {
        let answers: [(FakeLedgerAnswer, ChangeOutcome)] = [
            (
                FakeCoupons.error(400, "failed_precondition", "coupon issuance not started yet", reason: "NOT_STARTED"),
                .refused("NOT_STARTED")
            ),
            (
                FakeCoupons.error(429, "resource_exhausted", "no more coupons available", reason: "SOLD_OUT"),
                .refused("SOLD_OUT")
            ),
            (FakeCoupons.error(400, "failed_precondition", "any", reason: "ENDED"), .refused("ENDED")),
            (FakeCoupons.error(400, "failed_precondition", "any", reason: "USER_LIMIT"), .refused("USER_LIMIT")),
            (FakeCoupons.error(503, "unavailable", "any", reason: "PAUSED"), .again(.unavailable("PAUSED"))),
            (FakeCoupons.error(504, "deadline_exceeded", "any", reason: nil), .again(.serverError(504))),
            (FakeLedgerAnswer(502, "<html>"), .again(.serverError(502))),
            (FakeLedgerAnswer(503, ""), .again(.serverError(503))),
            (FakeLedgerAnswer(500, ""), .failed("status 500 without a Connect error")),
            (FakeLedgerAnswer(429, ""), .failed("status 429 without a Connect error")),
            (FakeCoupons.error(404, "not_found", "x", reason: "Y"), .failed("404 not_found Y")),
            (FakeCoupons.error(500, "unavailable", "x", reason: "Y"), .failed("500 unavailable Y")),
            (FakeCoupons.error(400, "failed_precondition", "x", reason: "Y"), .failed("400 failed_precondition Y")),
            (FakeLedgerAnswer(200, ""), .failed("200 of another form")),
            (FakeLedgerAnswer(200, "<html>"), .failed("200 of another form")),
        ]
        for (answer, outcome) in answers { #expect(Self.outcome(answer) == outcome) }
        guard case .accepted(let receipt) = Self.outcome(FakeCoupons.issued("가1", .protobuf)) else {
            Issue.record("a code was not accepted")
            return
        }
        #expect(receipt.transactionID == "가1")
    }

    @Test(arguments: [
        ("가", true), ("힣", true), ("0", true), ("가나다12라마바34", true), ("", false), ("가나다12라마바34가", false),
        ("a", false), ("ㄱ", false), ("가 ", false), ("\u{ABFF}", false), ("\u{D7A4}", false), ("\u{FF11}", false),
        ("e\u{301}", false), ("\u{1100}\u{1161}", false),
    ])
    func `a code has at most ten characters of Hangul and digits`(code: String, isRight: Bool) {
        #expect(CodeForm.holds(code) == isRight)
    }

    @Test
    func `issues carry what the settings ask for`() throws {
        var configuration = CouponsLoadConfiguration()
        let plain = IssuePlan(configuration, campaign: 3, first: 5, count: 2)
        #expect(plain.request(0) == plain.request(1))
        #expect(plain.request(0).path == "/coupon.v1.CouponService/IssueCoupon")
        #expect(plain.repeat(0) == .never && plain.user(of: 0) == "campaign 3")
        configuration.hasRequestIDs = true
        configuration.repeatShare = 1
        configuration.users = 3
        configuration.codec = .json
        let plan = IssuePlan(configuration, campaign: 3, first: 5, count: 2)
        guard case .connect(let bytes, "application/json")? = plan.request(1).change?.body else {
            Issue.record("it is not JSON")
            return
        }
        let message = try #require(CouponCodec.json.decode(Coupon_V1_IssueCouponRequest.self, bytes))
        #expect(message.campaignID == 3 && message.requestID == "\(configuration.prefix)-i6")
        #expect(message.userID == configuration.couponUsers[6] && message.userID == plan.user(of: 1))
        #expect(plan.repeat(1) != .never)
        // Numbers go on in the next phase, and start anew for the issues before the start.
        #expect(IssuePlan(configuration, campaign: 3, first: 6, count: 1).request(0) == plan.request(1))
        #expect(plan.request(0) != plan.request(1))
    }

    @Test(arguments: [0, 1, 1_700_000_000_125, 253_402_300_799_999])
    func `times are whole milliseconds`(milliseconds: Int64) {
        let time = Google_Protobuf_Timestamp(wholeMilliseconds: milliseconds)
        #expect(time.wholeMilliseconds == milliseconds)
        let rounded = Google_Protobuf_Timestamp(seconds: 12, nanos: 3_999_999)
        #expect(rounded.wholeMilliseconds == 12_003)
        #expect(Google_Protobuf_Timestamp(seconds: .max, nanos: 0).wholeMilliseconds == 0)
        #expect(Google_Protobuf_Timestamp(seconds: 1, nanos: -1).wholeMilliseconds == 0)
    }

    @Test(
        arguments: [
            { $0.coupons = 0 }, { $0.coupons = 5_000_001 }, { $0.issues = 0 }, { $0.seconds = 0 },
            { $0.startIn = .seconds(-1) }, { $0.early = -1 }, { $0.late = 100_001 }, { $0.repeatShare = 2 },
            { $0.users = -1 }, { $0.userLimit = -1 }, { $0.userLimit = 1 }, { $0.connections = 0 },
            { $0.connectionLimit = 0 }, { $0.lookInterval = .seconds(-1) }, { $0.threads = 0 },
            { $0.requestTimeout = .zero }, { $0.timeLimit = .zero }, { $0.settleWait = .seconds(-1) },
            { $0.urls = [] }, { $0.urls = ["ftp://x"] }, { $0.campaign = 0 }, { $0.service = "a/b" },
            { $0.service = "" },
        ] as [@Sendable (inout CouponsLoadConfiguration) -> Void]
    )
    func `a setting outside its range is refused`(change: @Sendable (inout CouponsLoadConfiguration) -> Void) throws {
        var configuration = CouponsLoadConfiguration()
        _ = try configuration.validated()
        change(&configuration)
        do {
            _ = try configuration.validated()
            Issue.record("it was accepted")
        } catch {
            guard case .badArgument = error else { throw error }
        }
    }

    @Test
    func `a book ends its phase with the last code, or with enough refusals`() {
        let (first, second) = (ChangeCounters(), ChangeCounters())
        let codes = CouponBook(end: CouponBook.End(codes: 2, refusals: 9, counters: first))
        let refusals = CouponBook(end: CouponBook.End(codes: 9, refusals: 2, counters: second))
        let receipt = ChangeReceipt(transactionID: "가1", place: nil, isReplay: false, durability: nil, body: [])
        for number in 0..<3 {
            #expect(first.isEnding == (number == 2) && second.isEnding == (number == 2))
            codes.sent(number, at: Int64(number))
            codes.ended(number, .broken(.closed), .accepted(receipt), at: 10 + Int64(number))
            // A replay is no other code, and a refusal after it changes nothing.
            codes.ended(number, .broken(.closed), .accepted(receipt), at: 20)
            codes.ended(number, .broken(.closed), .refused("SOLD_OUT"), at: 20)
            refusals.sent(number, at: Int64(number))
            refusals.ended(number, .broken(.closed), .again(.broken(.closed)), at: 15)
            refusals.ended(number, .broken(.closed), .refused("SOLD_OUT"), at: 20)
            refusals.ended(number, .broken(.closed), .refused("SOLD_OUT"), at: 30)
        }
        #expect(codes.issued == 3 && codes.soldOut == 0 && codes.elapsed == .nanoseconds(12))
        #expect(codes.records.map(\.endedAt) == [10, 11, 12])
        #expect(refusals.issued == 0 && refusals.soldOut == 3 && refusals.records[0].endedAt == 20)
        codes.sent(9, at: 0)
        #expect(codes.records[8].state == .unsent && codes.records[9].state == .doubtful)
    }
}
