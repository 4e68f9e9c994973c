import ArgumentParser
import CouponAPI
import CouponClient
import FoundationEssentials
import SwiftProtobuf

struct CouponsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coupons",
        abstract: "Make, follow and use coupon campaigns, over the service's own interface.",
        discussion: """
            Exits with 0 when it is done, with 1 when the service refuses, and with 69 when the service cannot be \
            reached or gives no answer.
            """,
        subcommands: [
            Create.self, Get.self, List.self, Watch.self, Issue.self, Redeem.self, Annul.self, Pause.self, Resume.self,
            Raise.self,
        ]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a campaign, and print its id.")

        @Argument(help: "Its name, for people.")
        var name: String

        @Option(help: "How many coupons there are.")
        var coupons: Int64

        @Option(help: "When the issuing begins, as 2026-11-21T09:00:00Z; without it, at once.")
        var start: String?

        @Option(help: "Seconds until the issuing begins, by this machine's clock, instead of a time.")
        var startIn: Double?

        @Option(help: "When the issuing ends; without it, never.")
        var end: String?

        @Option(help: "Most coupons of one user; 0 is no limit.")
        var perUser: Int64 = 0

        @Flag(help: "Count in parts, for more issues than one key can serve.")
        var leased = false

        @OptionGroup var repetition: RepetitionOptions

        @OptionGroup var call: CallOptions

        func validate() throws {
            guard self.start == nil || self.startIn == nil else {
                throw ValidationError("--start and --start-in exclude each other")
            }
            guard (self.startIn ?? 0).magnitude < 1e10 else { throw ValidationError("--start-in is too far") }
            for text in [self.start, self.end].compactMap({ $0 }) where TimeText.time(text) == nil {
                throw ValidationError("'\(text)' is no time like 2026-11-21T09:00:00Z")
            }
        }

        func run() async throws {
            var draft = CampaignDraft(name: self.name, coupons: self.coupons)
            if let time = self.start.flatMap(TimeText.time) { draft.start = .at(time) }
            if let startIn { draft.start = .after(seconds: startIn) }
            draft.end = self.end.flatMap(TimeText.time)
            draft.perUser = self.perUser
            draft.isLeased = self.leased
            let id = self.repetition.makeID()
            let request = draft.request(requestID: id, now: Date.now.timeIntervalSince1970)
            let answer: Coupon_V1_CreateCampaignResponse =
                try await self.call.call("CreateCampaign", request, requestID: id)
            try self.call.print(answer) { "\($0.campaignID)" }
        }
    }

    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a campaign, or the codes that were issued.")

        @Argument(help: "The campaign's id.")
        var campaign: Int64

        @Flag(help: "Print the codes instead, one a line; with --json, all that is known of each coupon.")
        var codes = false

        @OptionGroup var call: CallOptions

        func run() async throws {
            if self.codes { return try await self.printCodes() }
            // GetCampaign would send all codes too. A watch begins with the campaign as it stands.
            var campaign = Coupon_V1_Campaign()
            try await self.call.watch(self.campaign, from: "now") { answer in
                campaign = answer.campaign
                return false
            }
            try self.call.print(campaign, as: CampaignText.lines)
        }

        private func printCodes() async throws {
            var request = Coupon_V1_ListCouponsRequest()
            request.campaignID = self.campaign
            request.pageSize = 1000
            repeat {
                let page: Coupon_V1_ListCouponsResponse = try await self.call.call("ListCoupons", request)
                for coupon in page.coupons {
                    let line = self.call.json ? try coupon.jsonString() : TerminalText.printable(coupon.code)
                    guard StandardOutput.write(line: line) else { return }
                }
                request.pageToken = page.nextPageToken
            } while !request.pageToken.isEmpty
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List campaigns, the newest first.")

        @Option(help: "Maximum number of rows.")
        var limit = 50

        @OptionGroup var call: CallOptions

        func validate() throws {
            guard (1...1_000_000).contains(self.limit) else { throw ValidationError("--limit is 1 to 1000000") }
        }

        func run() async throws {
            var request = Coupon_V1_ListCampaignsRequest()
            var all = Coupon_V1_ListCampaignsResponse()
            repeat {
                request.pageSize = Int32(min(1000, self.limit - all.campaigns.count))
                let page: Coupon_V1_ListCampaignsResponse = try await self.call.call("ListCampaigns", request)
                all.campaigns += page.campaigns
                all.nextPageToken = page.nextPageToken
                request.pageToken = page.nextPageToken
            } while !request.pageToken.isEmpty && all.campaigns.count < self.limit
            try self.call.print(all) { all in
                TerminalText.table([CampaignText.titles] + all.campaigns.map(CampaignText.row))
            }
            if !all.nextPageToken.isEmpty { StandardError.write("there are more: see --limit\n") }
        }
    }
}
