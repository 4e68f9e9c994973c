import CouponAPI
import CouponClient
import NIOCore
import NIOHTTP1
import SwiftProtobuf
import Testing

@Suite
struct WatchTests {
    private static func envelope(_ bytes: [UInt8]) -> [UInt8] {
        Array(EnvelopeSplitter.envelope(bytes).readableBytesView)
    }

    /// A stream of answers with these cursors; without `end` it breaks.
    private static func stream(_ cursors: [String], end: String? = nil) throws -> FakeConnect.Reply {
        var body: [UInt8] = []
        for cursor in cursors {
            let answer = Coupon_V1_WatchCampaignResponse.with {
                $0.cursor = cursor
                $0.paused = .init()
            }
            body += Self.envelope(try answer.serializedBytes())
        }
        if let end { body += [2, 0, 0, 0, UInt8(end.utf8.count)] + Array(end.utf8) }
        return .init(type: "application/connect+proto", body: body, isCut: end == nil)
    }

    private static func cursor(_ request: FakeConnect.Request) throws -> String {
        try Coupon_V1_WatchCampaignRequest(serializedBytes: Array(request.body.dropFirst(5))).cursor
    }

    @Test
    func `a watch goes on at its last cursor, whatever ended the stream`() async throws {
        let busy = FakeConnect.Reply(status: .serviceUnavailable, type: "text/html")
        let refusal = #"{"error":{"code":"not_found","message":"no such campaign"}}"#
        let replies = [
            try Self.stream(["1", "2"]), try Self.stream([], end: "{}"), busy, try Self.stream(["3"], end: "{}"),
            try Self.stream([], end: refusal),
        ]
        try await FakeConnect.run(replies) { service in
            let watch = CampaignFollower(try service.client(), campaign: 7)
            var seen: [String] = []
            var places: [String] = []
            var failure: CouponClientError?
            do throws(CouponClientError) {
                try await watch.run(from: "now") { answer in
                    seen.append(answer.cursor)
                    return true
                } lost: { _, cursor in
                    places.append(cursor)
                }
            } catch {
                failure = error
            }
            #expect(failure == .refused(.init(code: "not_found", message: "no such campaign")))
            #expect(seen == ["1", "2", "3"])
            #expect(places == ["2", "2", "2", "3"])
            #expect(try service.requests.map(Self.cursor) == ["now", "2", "2", "2", "3"])
            #expect(service.requests.allSatisfy { $0.headers["content-type"] == ["application/connect+proto"] })
        }
    }

    @Test
    func `a watch ends when nobody listens any more`() async throws {
        try await FakeConnect.run([try Self.stream(["1", "2", "3"])]) { service in
            let watch = CampaignFollower(try service.client(), campaign: 7)
            var seen: [String] = []
            try await watch.run(from: "") { answer in
                seen.append(answer.cursor)
                return seen.count < 2
            } lost: { _, _ in
                Issue.record("lost")
            }
            #expect(seen == ["1", "2"])
        }
    }

    @Test
    func `a service that never answered is not asked again`() {
        let away = CouponClientError.notReached(url: "u", reason: "refused")
        var machine = WatchMachine(cursor: "now")
        #expect(machine.ended(away) == .fail(away))
        machine.answered(cursor: "5")
        #expect(machine.ended(away) == .reconnect(after: .milliseconds(100)))
        #expect(machine.ended(away) == .reconnect(after: .milliseconds(200)))
        for _ in 0..<10 { _ = machine.ended(nil) }
        #expect(machine.ended(away) == .reconnect(after: .seconds(5)))
        machine.answered(cursor: "")
        #expect(machine.cursor == "5")
        #expect(machine.ended(away) == .reconnect(after: .milliseconds(100)))
        let refused = CouponClientError.refused(.init(code: "not_found", message: ""))
        #expect(machine.ended(refused) == .fail(refused))
    }
}
