import Connect
import CouponAPI
import Foundation
import Support
import SwiftProtobuf
import Testing

/// The coupon service as it looks to somebody who has curl: Connect's unary calls, by hand.
struct CouponCaller {
    enum Form: String, CaseIterable {
        case json, proto
    }

    struct Answer {
        let status: Int
        /// The head of the answer, as it came.
        let head: String
        let body: Data

        var text: String { String(decoding: self.body, as: UTF8.self) }

        var isReplay: Bool { self.head.lowercased().contains("\r\nidempotent-replayed: true\r\n") }
    }

    /// An error in Connect's form, with what is in its details.
    struct Refusal: Error, CustomStringConvertible {
        let status: Int
        let code: String
        let message: String
        var reason = ""
        var domain = ""
        /// Seconds of `RetryInfo`.
        var retry: Double?
        /// The fields that `BadRequest` names.
        var fields: [String] = []

        var description: String { "\(self.status) \(self.code) \(self.reason): \(self.message)" }
    }

    let url: String
    var service = "coupon.v1.CouponService"
    var form = Form.json
    private let folder: TemporaryFolder

    init(_ url: String) throws {
        self.url = url
        self.folder = try TemporaryFolder("coupon-call")
    }

    /// The same with another service's name or another form of the messages.
    func with(service: String, form: Form) -> CouponCaller {
        var other = self
        (other.service, other.form) = (service, form)
        return other
    }

    func call<Output: Message>(
        _ method: String,
        _ input: some Message,
        _ headers: String...,
        as type: Output.Type = Output.self
    ) async throws -> Output {
        try self.output(try await self.send(method, input, headers))
    }

    func output<Output: Message>(_ answer: Answer, as type: Output.Type = Output.self) throws -> Output {
        guard answer.status == 200 else { throw try self.refusal(answer) }
        #expect(answer.head.lowercased().contains("\r\ncontent-type: application/\(self.form.rawValue)\r\n"))
        switch self.form {
        case .json: return try Output(jsonUTF8Data: answer.body)
        case .proto: return try Output(serializedBytes: answer.body)
        }
    }

    /// Calls what must be refused.
    func refusal(_ method: String, _ input: some Message, _ headers: String...) async throws -> Refusal {
        try self.refusal(try await self.send(method, input, headers))
    }

    func send(_ method: String, _ input: some Message, _ headers: [String]) async throws -> Answer {
        let data: Data =
            switch self.form {
            case .json: try input.jsonUTF8Data()
            case .proto: try input.serializedData()
            }
        return try await self.send(method, data, "application/\(self.form.rawValue)", headers)
    }

    func send(_ method: String, _ data: Data, _ type: String, _ headers: [String] = []) async throws -> Answer {
        let file = self.file("request")
        try data.write(to: file)
        let more = ["-H", "Content-Type: \(type)"] + headers.flatMap { ["-H", $0] }
        return try await self.curl(
            ["--data-binary", "@\(file.path)"] + more + ["\(self.url)/\(self.service)/\(method)"]
        )
    }

    /// Any request at all, with curl's own arguments.
    func curl(_ arguments: [String]) async throws -> Answer {
        let (head, body) = (self.file("head"), self.file("body"))
        try Data().write(to: body)
        let fixed = ["-sS", "--max-time", "30", "-D", head.path, "-o", body.path, "-w", "%{http_code}"]
        let printed = try await TallySystem.output("/usr/bin/curl", fixed + arguments)
        let status = try #require(Int(printed), "\(printed)")
        return Answer(
            status: status,
            head: try String(contentsOf: head, encoding: .utf8),
            body: try Data(contentsOf: body)
        )
    }

    func refusal(_ answer: Answer) throws -> Refusal {
        struct Body: Decodable {
            struct Detail: Decodable {
                let type: String
                let value: String
            }
            let code: String
            let message: String?
            let details: [Detail]?
        }
        guard answer.head.lowercased().contains("\r\ncontent-type: application/json\r\n") else {
            // A proxy's answer when nobody answered it; clients of Connect take it for the same.
            if [502, 503, 504].contains(answer.status) {
                return Refusal(status: answer.status, code: "unavailable", message: answer.text)
            }
            throw TallySystem.Failure(description: "no error of Connect: \(answer.head)\(answer.text)")
        }
        let body: Body
        do { body = try JSONDecoder().decode(Body.self, from: answer.body) } catch {
            throw TallySystem.Failure(description: "no error of Connect: \(answer.status) \(answer.text)")
        }
        var refusal = Refusal(status: answer.status, code: body.code, message: body.message ?? "")
        for detail in body.details ?? [] {
            let padding = String(repeating: "=", count: (4 - detail.value.utf8.count % 4) % 4)
            let value = try #require(Data(base64Encoded: detail.value + padding), "\(detail.value)")
            switch detail.type {
            case "google.rpc.ErrorInfo":
                let info = try Google_Rpc_ErrorInfo(serializedBytes: value)
                (refusal.reason, refusal.domain) = (info.reason, info.domain)
            case "google.rpc.RetryInfo":
                let delay = try Google_Rpc_RetryInfo(serializedBytes: value).retryDelay
                refusal.retry = Double(delay.seconds) + Double(delay.nanos) / 1e9
            case "google.rpc.BadRequest":
                refusal.fields = try Google_Rpc_BadRequest(serializedBytes: value).fieldViolations.map(\.field)
            default: Issue.record("a detail of the type \(detail.type)")
            }
        }
        return refusal
    }

    private func file(_ name: String) -> URL {
        self.folder.url.appending(path: "\(name)-\(UUID().uuidString)")
    }
}

extension CouponCaller {
    /// Makes a campaign and returns its id.
    func create(
        _ quota: Int64,
        _ change: (inout Coupon_V1_CreateCampaignRequest) -> Void = { _ in }
    ) async throws -> Int64 {
        var request = Coupon_V1_CreateCampaignRequest.with {
            $0.name = "a campaign"
            $0.totalCoupons = quota
        }
        change(&request)
        let made: Coupon_V1_CreateCampaignResponse = try await self.call("CreateCampaign", request)
        return made.campaignID
    }

    /// Issues one coupon and returns its code.
    func issue(_ campaign: Int64, user: String = "", request: String = "") async throws -> String {
        let input = Coupon_V1_IssueCouponRequest.with {
            $0.campaignID = campaign
            $0.userID = user
            $0.requestID = request
        }
        let issued: Coupon_V1_IssueCouponResponse = try await self.call("IssueCoupon", input)
        return issued.couponCode
    }

    /// The refusal of an issue.
    func refusedIssue(_ campaign: Int64, user: String = "", request: String = "") async throws -> Refusal {
        let input = Coupon_V1_IssueCouponRequest.with {
            $0.campaignID = campaign
            $0.userID = user
            $0.requestID = request
        }
        return try await self.refusal("IssueCoupon", input)
    }

    func get(_ campaign: Int64) async throws -> Coupon_V1_GetCampaignResponse {
        try await self.call("GetCampaign", Coupon_V1_GetCampaignRequest.with { $0.campaignID = campaign })
    }

    func coupon(_ code: String) async throws -> Coupon_V1_Coupon {
        let input = Coupon_V1_GetCouponRequest.with { $0.couponCode = code }
        return try await self.call("GetCoupon", input, as: Coupon_V1_GetCouponResponse.self).coupon
    }
}
