package import CouponAPI
import SwiftProtobuf

/// Calls of the coupon service, one after the other, on one connection that it keeps.
///
/// Owned by one task.
package struct CouponCalls {
    /// Coupons in a page: 1000, the most there may be.
    private static let pageSize: Int32 = 1000

    private var http: ExchangeReader
    private let service: String
    private let codec: CouponCodec

    package init(_ http: ExchangeReader, service: String, codec: CouponCodec) {
        self.http = http
        self.service = service
        self.codec = codec
    }

    package mutating func close() { self.http.close() }

    /// The id of a campaign made like this; the request needs a request id, since it may be sent again.
    package mutating func create(_ request: Coupon_V1_CreateCampaignRequest) async throws(LoadError) -> Int64 {
        try await self.call("CreateCampaign", request, Coupon_V1_CreateCampaignResponse.self).campaignID
    }

    /// A campaign with all codes.
    package mutating func campaign(_ id: Int64) async throws(LoadError) -> Coupon_V1_GetCampaignResponse {
        var request = Coupon_V1_GetCampaignRequest()
        request.campaignID = id
        return try await self.call("GetCampaign", request, Coupon_V1_GetCampaignResponse.self)
    }

    /// All coupons of a campaign, page by page; at most `limit` and a page of them.
    package mutating func coupons(_ id: Int64, limit: Int) async throws(LoadError) -> [Coupon_V1_Coupon] {
        var request = Coupon_V1_ListCouponsRequest()
        request.campaignID = id
        request.pageSize = Self.pageSize
        var coupons: [Coupon_V1_Coupon] = []
        repeat {
            let page = try await self.call("ListCoupons", request, Coupon_V1_ListCouponsResponse.self)
            let isLast = page.nextPageToken.isEmpty
            guard isLast || !page.coupons.isEmpty && page.nextPageToken != request.pageToken else {
                throw .cannotCheck("ListCoupons: a page that is empty or comes again, and is not the last")
            }
            coupons += page.coupons
            request.pageToken = page.nextPageToken
        } while !request.pageToken.isEmpty && coupons.count <= limit
        return coupons
    }

    private mutating func call<Output: Message>(
        _ method: String,
        _ input: some Message,
        _ output: Output.Type
    ) async throws(LoadError) -> Output {
        let body = ExchangeRequest.Body.connect(self.codec.encode(input), type: self.codec.contentType)
        let request = ExchangeRequest(
            path: "/\(self.service)/\(method)",
            change: ExchangeRequest.Change(key: nil, body: body)
        )
        let answer = try await self.http.ask(request, as: method)
        guard answer.status == 200 else {
            let error = CouponCallError(answer.body).map { "\($0.code), \($0.message.prefix(200))" }
            throw .cannotCheck("\(method): status \(answer.status), \(error ?? "without a Connect error")")
        }
        guard let message = self.codec.decode(output, answer.body) else {
            throw .cannotCheck("\(method): the answer cannot be read")
        }
        return message
    }
}
