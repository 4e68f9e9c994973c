import App
import ArgumentParser
import Load

/// `tally load coupons`: the issues, and the comparison of what was handed out with what is listed.
struct CouponsLoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coupons",
        abstract: "Coupons: by default a campaign of 20,000 that starts in 3 s, then 10,000 issues in 10 s.",
        discussion: """
            The pattern 'seed' makes a campaign, asks for a coupon at once, which must be refused, waits for the \
            start, and sends --issues at a fixed pace over --seconds. The pattern 'rush' has every client ask as \
            fast as it is answered, until all --coupons are gone, and fails when they are not within --seconds; \
            every issue after that must be refused as sold out. In the end the codes handed out must be exactly \
            those that GetCampaign and ListCoupons list: each once, of at most 10 characters of Hangul and digits, \
            none before the start, and never more than the quota. A code that was handed out must also be listed at \
            once, so the campaign is looked at in between.

            With --request-ids each issue has an id of its own, and what is not answered, or with 502, 503 or 504, \
            is sent again with it, to another origin: then nothing may stay unknown. Without ids it is sent once, \
            and codes that nobody got must fit the issues whose outcome is unknown; --allow-unknown is for faults. A \
            campaign that is there already is used with --campaign; nobody else may ask for its coupons meanwhile. \
            Calls are Connect unary over HTTP/1.1.

            Exits with 0 when all was right, with 1 when not, and with 64 or 69 when it could not run.
            """
    )

    @OptionGroup var target: LoadOptions

    @OptionGroup var sending: SendingOptions

    @Option(help: "When issues are sent: seed, at a fixed pace, or rush, as fast as they are answered.")
    var pattern = CouponPattern.seed

    @Option(help: "A campaign that is there and has started, instead of a new one.")
    var campaign: Int64?

    @Option(help: "Coupons of the new campaign.")
    var coupons = 20_000

    @Option(help: "Issues at the fixed pace.")
    var issues = 10_000

    @Option(help: "Seconds over which issues are spread, and after which a rush ends; it may take 60 more.")
    var seconds = 10

    @Option(help: "Seconds until the new campaign starts; 0 starts it at once.")
    var startIn = 3.0

    @Option(help: "Issues before the start, which must be refused.")
    var early = 1

    @Option(help: "Issues after all is sold out, which must be refused.")
    var late = 100

    @Option(help: "How messages are written: protobuf or json.")
    var codec = CouponCodec.protobuf

    @Option(help: "The service's full name; the other one is couponpb.CouponService.")
    var service = "coupon.v1.CouponService"

    @Flag(help: "Send a request id with each issue, and repeat an unanswered issue with its id.")
    var requestIds = false

    @Option(help: "Users that issues name, at random; 0 names nobody.")
    var users = 0

    @Option(help: "Most coupons of one user of the new campaign; 0 is no limit.")
    var userLimit = 0

    @Flag(help: "Lend parts of the new campaign's quota to many counters.")
    var leased = false

    @Option(
        name: [.customLong("connections"), .customLong("clients")],
        help: "Connections, one issue at a time on each."
    )
    var connections = 100

    @Option(help: "Connections at a fixed pace, when slow answers keep all busy.")
    var connectionLimit = 1024

    @Option(help: "Seconds between two looks at the campaign while coupons are issued; 0 does not look.")
    var lookInterval = 1.0

    @Option(help: "Seconds to wait for a service that is away before and after the issuing.")
    var settleWait = 30.0

    @Flag(help: "Do not fail because of issues whose outcome stays unknown.")
    var allowUnknown = false

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var place: DirOptions

    /// Files besides the connections that send.
    private static let otherDescriptors = 256

    func run() async throws {
        try ProcessLimits.ensureDescriptors(Self.otherDescriptors + max(self.connections, self.connectionLimit))
        let configuration = try self.loadConfiguration()
        let report = try await LoadRun.report(isJSON: self.json) { progress in
            try await CouponsLoad(configuration: configuration).run(progress: progress)
        }
        guard report.passed else { throw ExitCode(ExitCause.refused.rawValue) }
    }

    private func loadConfiguration() throws -> CouponsLoadConfiguration {
        var configuration = CouponsLoadConfiguration()
        try self.target.fill(&configuration, near: self.place)
        self.sending.fill(&configuration)
        configuration.pattern = self.pattern
        configuration.campaign = self.campaign
        configuration.coupons = self.coupons
        configuration.issues = self.issues
        configuration.seconds = self.seconds
        configuration.startIn = .seconds(self.startIn)
        configuration.early = self.early
        configuration.late = self.late
        configuration.codec = self.codec
        configuration.service = self.service
        configuration.hasRequestIDs = self.requestIds
        configuration.users = self.users
        configuration.userLimit = self.userLimit
        configuration.isLeased = self.leased
        configuration.connections = self.connections
        configuration.connectionLimit = self.connectionLimit
        configuration.lookInterval = .seconds(self.lookInterval)
        configuration.settleWait = .seconds(self.settleWait)
        configuration.isAllowingUnknown = self.allowUnknown
        return configuration
    }
}

extension CouponPattern: ExpressibleByArgument {}

extension CouponCodec: ExpressibleByArgument {}
