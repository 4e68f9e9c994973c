import App
import ArgumentParser
import Load

/// `tally load mixed`: the load, the comparison, and then the audits.
struct MixedLoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mixed",
        abstract: "Requests of all systems at a fixed pace: by default 200 a second for 30 s, none sent twice.",
        discussion: """
            Kinds are accept, add, balance, history, payment, wait (for a payment), coupon and coin. Afterwards every \
            change is sent once more with its key, and must be answered as before; payments and coins are followed to \
            their end; accounts and codes are compared. Exits with 0 when no more failed than --failed-limit and all \
            else was right, with 1 when not, and with 64 or 69 when it could not run. Then it audits Redis, when \
            it knows which: --redis-url, or that of a 'tally dev', see --dir. Not for a system with real users.
            """
    )

    @OptionGroup var target: LoadOptions

    @OptionGroup var changes: ChangeOptions

    @Option(help: "Requests per second, however slow the answers are.")
    var rate = 200

    @Option(help: "How long to keep that pace.")
    var seconds = 30

    @Option(help: "Share of each kind, as KIND=SHARE,…; a kind that is not named does not come.")
    var mix: String?

    @Option(help: "Number of repeats of a request that got no answer, or a 5xx.")
    var retry = 0

    @Flag(help: "Changes carry no Idempotency-Key and no request id.")
    var keyless = false

    @Option(help: "Requests of a hundred that may fail.")
    var failedLimit = 0.0

    @Option(help: "Users whose accounts are added to, and as many that pay each other.")
    var users = 100

    @Option(help: "Connections to send over.")
    var connections = 32

    @Option(help: "Connections when slow answers keep all busy.")
    var connectionLimit = 512

    @Option(help: "Seconds for payments and coins to end, and for a service that is away during the check.")
    var settleWait = 60.0

    @OptionGroup var audit: FinalAuditOptions

    func run() async throws {
        let configuration = try self.loadConfiguration
        let report = try await LoadRun.report(isJSON: self.audit.json) { progress in
            try await MixedLoad(configuration: configuration).run(progress: progress)
        }
        let hasCoins = report.counts[.coin] != nil
        try await self.audit.end(report, [.payments(), .coupons()] + (hasCoins ? [.faucet()] : []))
    }

    private var loadConfiguration: MixedLoadConfiguration {
        get throws {
            var configuration = MixedLoadConfiguration()
            try self.target.fill(&configuration, near: self.audit.nearby.place)
            self.changes.fill(&configuration)
            configuration.rate = self.rate
            configuration.seconds = self.seconds
            if let mix = self.mix { configuration.shares = try MixedShares(mix) }
            configuration.retries = self.retry
            configuration.isKeyless = self.keyless
            configuration.failedPercentLimit = self.failedLimit
            configuration.users = self.users
            configuration.connections = self.connections
            configuration.connectionLimit = self.connectionLimit
            configuration.settleWait = .seconds(self.settleWait)
            return configuration
        }
    }
}
