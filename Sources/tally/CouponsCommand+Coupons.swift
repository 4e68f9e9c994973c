import ArgumentParser
import CouponAPI
import CouponClient
import SwiftProtobuf

extension CouponsCommand {
    struct Issue: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Issue one coupon, and print its code.")

        @Argument(help: "The campaign's id.")
        var campaign: Int64

        @Option(help: "User who gets it; needed when a user's coupons are limited.")
        var user: String?

        @OptionGroup var repetition: RepetitionOptions

        @OptionGroup var call: CallOptions

        func run() async throws {
            var request = Coupon_V1_IssueCouponRequest()
            request.campaignID = self.campaign
            request.userID = self.user ?? ""
            request.requestID = self.repetition.makeID()
            let answer: Coupon_V1_IssueCouponResponse =
                try await self.call.call("IssueCoupon", request, requestID: request.requestID)
            try self.call.print(answer) { TerminalText.printable($0.couponCode) }
        }
    }

    struct Redeem: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Use a coupon, once.")

        @Argument(help: "The coupon's code.")
        var code: String

        @Option(help: "User who redeems it; the one it was issued to, when the issue named one.")
        var user: String?

        @OptionGroup var repetition: RepetitionOptions

        @OptionGroup var call: CallOptions

        func run() async throws {
            var request = Coupon_V1_RedeemCouponRequest()
            request.couponCode = self.code
            request.userID = self.user ?? ""
            request.requestID = self.repetition.makeID()
            let answer: Coupon_V1_RedeemCouponResponse =
                try await self.call.call("RedeemCoupon", request, requestID: request.requestID)
            try self.call.print(answer.coupon, as: CouponText.lines)
        }
    }

    struct Annul: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "void",
            abstract: "Make a coupon void that was not redeemed."
        )

        @Argument(help: "The coupon's code.")
        var code: String

        @OptionGroup var call: CallOptions

        func run() async throws {
            var request = Coupon_V1_VoidCouponRequest()
            request.couponCode = self.code
            let answer: Coupon_V1_VoidCouponResponse = try await self.call.call("VoidCoupon", request)
            try self.call.print(answer.coupon, as: CouponText.lines)
        }
    }

    struct Watch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Follow a campaign's events, through restarts of the service.",
            discussion: "Ends when it is interrupted, or when nobody reads what it prints."
        )

        @Argument(help: "The campaign's id.")
        var campaign: Int64

        @Flag(help: "Begin with the campaign's first event, not with the next.")
        var fromStart = false

        @Option(help: "Begin behind this answer: the 'cursor' that --json prints.")
        var cursor: String?

        @OptionGroup var call: CallOptions

        func validate() throws {
            guard !self.fromStart || self.cursor == nil else {
                throw ValidationError("--from-start and --cursor exclude each other")
            }
        }

        func run() async throws {
            let isJSON = self.call.json
            try await self.call.watch(self.campaign, from: self.fromStart ? "" : self.cursor ?? "now") { answer in
                // A message that was just read can be written.
                guard let line = isJSON ? try? answer.jsonString() : EventText.line(answer) else { return true }
                return StandardOutput.write(line: line)
            }
        }
    }
}
