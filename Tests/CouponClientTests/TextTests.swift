import CouponAPI
import CouponClient
import SwiftProtobuf
import Testing

@Suite
struct TextTests {
    private static let campaign = Coupon_V1_Campaign.with {
        $0.id = 12
        $0.name = "첫 구매\u{202e}\u{7}"
        $0.totalCoupons = 20_000
        $0.issuedCoupons = 3
        $0.state = .soldOut
        $0.issueMode = .leased
        $0.perUserLimit = 2
        $0.startTime = .init(seconds: 1_795_226_400, nanos: 125_000_000)
        $0.createTime = .init(seconds: 1_795_226_399)
    }

    private static let coupon = Coupon_V1_Coupon.with {
        $0.code = "가나다12라마바34"
        $0.campaignID = 12
        $0.sequence = 3
        $0.userID = "gopal"
        $0.redeemerID = "asha"
        $0.state = .redeemed
        $0.issueTime = .init(seconds: 1_795_226_401)
        $0.endTime = .init(seconds: 1_795_226_402)
    }

    @Test(arguments: [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"), ("http://localhost/", "http://localhost:80"),
        ("http://[::1]:9/", "http://[::1]:9"), ("http://a.b/x/", "http://a.b:80/x"),
        ("https://a.b", "https://a.b:443"), ("https://a.b:8443/x", "https://a.b:8443/x"),
    ])
    func `a service is named by an http URL`(text: String, whole: String) {
        #expect(ServiceURL(text)?.description == whole)
    }

    @Test(arguments: [
        "", "127.0.0.1:8080", "ftp://a", "https://", "http://", "http://a?b", "http://a#b", "http://u@a",
        "http://a:70000",
        "http://a b",
    ])
    func `anything else names none`(text: String) { #expect(ServiceURL(text) == nil) }

    @Test
    func `times are RFC 3339 both ways`() throws {
        let time = try #require(TimeText.time("2026-11-21T02:00:00.125Z"))
        #expect(time == Self.campaign.startTime)
        #expect(TimeText.text(time) == "2026-11-21T02:00:00.125Z")
        #expect(TimeText.time("2026-11-21T11:00:00.125+09:00") == time)
        for text in ["", "tomorrow", "2026-11-21", "2026-11-21T02:00:00", #"2026-11-21T02:00:00Z","x":""#] {
            #expect(TimeText.time(text) == nil, "\(text)")
        }
    }

    @Test
    func `a campaign is one row among others, or a line for each thing`() {
        #expect(
            TerminalText.table([CampaignText.titles, CampaignText.row(Self.campaign)]) == """
                ID  STATE     ISSUED  COUPONS  START                     NAME
                12  sold out  3       20000    2026-11-21T02:00:00.125Z  첫 구매\u{FFFD}\u{FFFD}
                """
        )
        #expect(
            CampaignText.lines(Self.campaign) == """
                id        12
                name      첫 구매\u{FFFD}\u{FFFD}
                state     sold out
                issued    3 of 20000
                mode      leased
                per user  2
                created   2026-11-21T01:59:59Z
                start     2026-11-21T02:00:00.125Z
                end       never
                """
        )
    }

    @Test
    func `a coupon tells who got it and who used it`() {
        #expect(
            CouponText.lines(Self.coupon) == """
                code      가나다12라마바34
                campaign  12
                sequence  3
                state     redeemed
                user      gopal
                issued    2026-11-21T02:00:01Z
                redeemed  2026-11-21T02:00:02Z
                redeemer  asha
                """
        )
    }

    @Test
    func `each thing that happens is one line`() {
        let events: [(Coupon_V1_WatchCampaignResponse.OneOf_Event?, String?)] = [
            (.campaign(Self.campaign), "campaign  sold out, 3 of 20000 issued"),
            (.issued(Self.coupon), "issued    3  가나다12라마바34  gopal"),
            (.redeemed(Self.coupon), "redeemed  3  가나다12라마바34  asha"),
            (.voided(Self.coupon), "voided    3  가나다12라마바34"),
            (.paused(.init()), "paused"), (.resumed(.init()), "resumed"),
            (.quotaRaised(.with { $0.totalCoupons = 9 }), "raised    to 9"), (nil, nil),
        ]
        for (event, text) in events {
            let answer = Coupon_V1_WatchCampaignResponse.with {
                $0.time = Self.campaign.createTime
                $0.event = event
            }
            #expect(EventText.line(answer) == text.map { "2026-11-21T01:59:59Z  \($0)" })
        }
    }

    @Test
    func `what is asked for is what is sent`() {
        var draft = CampaignDraft(name: "n", coupons: 5)
        var request = draft.request(requestID: "r", now: 0)
        #expect(!request.hasStartTime && !request.hasEndTime)
        #expect(request.issueMode == .exact && request.perUserLimit == 0 && request.requestID == "r")
        draft.start = .after(seconds: 1.5)
        draft.end = .init(seconds: 9)
        draft.isLeased = true
        draft.perUser = 3
        request = draft.request(requestID: "", now: 100.25)
        #expect(request.startTime == .init(seconds: 101, nanos: 750_000_000))
        #expect(request.endTime == .init(seconds: 9))
        #expect(request.issueMode == .leased && request.perUserLimit == 3 && request.totalCoupons == 5)
        draft.start = .at(.init(seconds: 7))
        #expect(draft.request(requestID: "", now: 0).startTime == .init(seconds: 7))
    }
}
