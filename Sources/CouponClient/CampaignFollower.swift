package import CouponAPI
import SwiftProtobuf
import Timing

/// Follows what happens to a campaign, through restarts of the service.
package struct CampaignFollower: Sendable {
    private let client: CouponClient
    private let campaign: Int64

    package init(_ client: CouponClient, campaign: Int64) {
        self.client = client
        self.campaign = campaign
    }

    /// Tells everything from a cursor on until `tell` says false, the caller is cancelled or the service refuses.
    ///
    /// `lost` gets why a connection broke and the cursor at which the watch goes on.
    package func run(
        from cursor: String,
        _ tell: (Coupon_V1_WatchCampaignResponse) -> Bool,
        lost: (CouponClientError?, String) -> Void
    ) async throws(CouponClientError) {
        var machine = WatchMachine(cursor: cursor)
        while true {
            var request = Coupon_V1_WatchCampaignRequest()
            request.campaignID = self.campaign
            request.cursor = machine.cursor
            var failure: CouponClientError?
            do throws(CouponClientError) {
                let isOver = try await self.client.stream("WatchCampaign", request) {
                    (answer: Coupon_V1_WatchCampaignResponse) in
                    machine.answered(cursor: answer.cursor)
                    return tell(answer)
                }
                if !isOver { return }
            } catch {
                failure = error
            }
            switch machine.ended(failure) {
            case .fail(let error): throw error
            case .reconnect(let pause):
                lost(failure, machine.cursor)
                // Only cancellation ends a sleep early.
                do { try await Task.sleep(for: pause, clock: .loop) } catch { throw .cancelled }
            }
        }
    }
}
