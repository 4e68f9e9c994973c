import CouponAPI
import CouponClient
import NIOHTTP1
import SwiftProtobuf
import Testing

@Suite
struct CallTests {
    private typealias Answer = Coupon_V1_IssueCouponResponse

    private static let request = Coupon_V1_IssueCouponRequest.with {
        $0.campaignID = 7
        $0.requestID = "r"
    }

    private static func failure(_ body: () async throws(CouponClientError) -> Void) async -> CouponClientError? {
        do { try await body() } catch { return error }
        return nil
    }

    private static func issue(_ client: CouponClient) async throws(CouponClientError) -> Answer {
        try await client.call("IssueCoupon", Self.request)
    }

    private static func failure(of reply: FakeConnect.Reply) async throws -> CouponClientError? {
        var failure: CouponClientError?
        try await FakeConnect.run([reply]) { service in
            let client = try service.client(silence: .milliseconds(200))
            failure = await Self.failure { () throws(CouponClientError) in _ = try await Self.issue(client) }
        }
        return failure
    }

    @Test
    func `a call is a POST of protobuf to the method, and its answer is read`() async throws {
        let code = Answer.with { $0.couponCode = "가나다12라마바34" }
        try await FakeConnect.run([.init(body: code.serializedBytes())]) { service in
            let answer = try await Self.issue(service.client())
            #expect(answer == code)
            let request = try #require(service.requests.first)
            #expect(request.path == "/coupon.v1.CouponService/IssueCoupon")
            #expect(request.headers["content-type"] == ["application/proto"])
            #expect(request.headers["connect-protocol-version"] == ["1"])
            #expect(try Coupon_V1_IssueCouponRequest(serializedBytes: request.body) == Self.request)
        }
    }

    @Test
    func `a refusal has the service's code and words, without what a terminal would obey`() async throws {
        let body = #"{"code":"resource_exhausted","message":"no more\u001b[2J coupons","details":[{"type":"x"}]}"#
        let reply = FakeConnect.Reply(status: .tooManyRequests, type: "application/json", body: Array(body.utf8))
        let failure = try await Self.failure(of: reply)
        #expect(failure == .refused(.init(code: "resource_exhausted", message: "no more\u{FFFD}[2J coupons")))
        #expect(failure?.description == "resource_exhausted: no more\u{FFFD}[2J coupons")
    }

    @Test
    func `a proxy's page is an error by its status`() async throws {
        let reply = FakeConnect.Reply(status: .badGateway, type: "text/html", body: Array("<html>".utf8))
        let failure = try await Self.failure(of: reply)
        #expect(failure == .refused(.init(code: "unavailable", message: "status 502")))
    }

    @Test
    func `an answer that is cut, silent or something else is no answer`() async throws {
        let cut = try await Self.failure(of: .init(body: [10], isCut: true))
        #expect(cut?.isPassing == true, "\(String(describing: cut))")
        let silent = try await Self.failure(of: .init(body: [10], isSilent: true))
        #expect(silent == .broken("nothing came in time"))
        let page = try await Self.failure(of: .init(type: "text/html", body: []))
        #expect(page == .strange("not protobuf"))
        let garbage = try await Self.failure(of: .init(body: [255]))
        #expect(garbage?.isPassing == false)
    }

    @Test
    func `a service that is not there is told apart from one that refuses`() async throws {
        var url = ""
        try await FakeConnect.run([]) { url = $0.url }
        let client = CouponClient(try #require(ServiceURL(url)))
        let failure = await Self.failure { () throws(CouponClientError) in _ = try await Self.issue(client) }
        #expect(failure == .notReached(url: url, reason: "connection refused"))
        #expect(failure?.description == "cannot reach \(url): connection refused")
    }
}
