import ArgumentParser
import CouponAPI
import CouponClient
import SwiftProtobuf

extension CouponsCommand {
    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Stop a campaign's issuing.")

        @Argument(help: "The campaign's id.")
        var campaign: Int64

        @OptionGroup var call: CallOptions

        func run() async throws {
            var request = Coupon_V1_PauseCampaignRequest()
            request.campaignID = self.campaign
            let answer: Coupon_V1_PauseCampaignResponse = try await self.call.call("PauseCampaign", request)
            try self.call.print(answer.campaign, as: CampaignText.line)
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Undo a pause.")

        @Argument(help: "The campaign's id.")
        var campaign: Int64

        @OptionGroup var call: CallOptions

        func run() async throws {
            var request = Coupon_V1_ResumeCampaignRequest()
            request.campaignID = self.campaign
            let answer: Coupon_V1_ResumeCampaignResponse = try await self.call.call("ResumeCampaign", request)
            try self.call.print(answer.campaign, as: CampaignText.line)
        }
    }

    struct Raise: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give a campaign more coupons.")

        @Argument(help: "The campaign's id.")
        var campaign: Int64

        @Option(help: "How many there are from now on, in all; never fewer than before.")
        var coupons: Int64

        @OptionGroup var call: CallOptions

        func run() async throws {
            var request = Coupon_V1_RaiseQuotaRequest()
            request.campaignID = self.campaign
            request.totalCoupons = self.coupons
            let answer: Coupon_V1_RaiseQuotaResponse = try await self.call.call("RaiseQuota", request)
            try self.call.print(answer.campaign, as: CampaignText.line)
        }
    }
}
