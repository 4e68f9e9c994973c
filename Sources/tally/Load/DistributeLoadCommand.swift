import App
import ArgumentParser
import Load

/// `tally load distribute`: the load, the comparison with the chain, and then the audit.
struct DistributeLoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "distribute",
        abstract: "The faucet: by default 100 coins one after the other and then 100 at once, for one address.",
        discussion: """
            Without --keys every request is sent once and is another coin; in sequence and at once each must be \
            answered with 200. With --keys what is not answered is sent again, to another origin. Each distribution \
            is followed to its end and looked up on the chain. Exits with 0 when every answer was right and the \
            balances rose by exactly what was delivered, with 1 when not, and with 64 or 69 when it could not run. \
            Then it audits Redis, when it knows which: --redis-url, or that of a 'tally dev', see --dir.
            """
    )

    @OptionGroup var target: LoadOptions

    @OptionGroup var sending: SendingOptions

    @Option(help: "Origin of a node of the chain; that of the 'tally dev' when there is one.")
    var chain: String?

    @Option(help: "Number of requests to send one at a time.")
    var sequence: Int?

    @Option(help: "Number of requests to send at once, each on a connection of its own.")
    var atOnce: Int?

    @Option(help: "Requests per second at a fixed pace, however slow the answers are.")
    var rate: Int?

    @Option(help: "How long to keep that pace.")
    var seconds = 60

    @Option(help: "Address that gets the coins.")
    var address = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"

    @Option(help: "Number of unused addresses to send to in turn, instead of one.")
    var addresses: Int?

    @Flag(help: "Send a key with each request, and repeat an unanswered request with its key.")
    var keys = false

    @Flag(help: "POST with a body instead of GET.")
    var post = false

    @Option(help: "Connections at a fixed pace.")
    var connections = 64

    @Option(help: "Connections at a fixed pace, when slow answers keep all busy.")
    var connectionLimit = 1024

    @Option(help: "Connections that follow distributions to their end.")
    var followers = 8

    @Option(help: "Seconds after the sending for coins to arrive, and for a system that is away during the check.")
    var settleWait = 60.0

    @Flag(inversion: .prefixedNo, help: "Compare transactions and balances on the chain with the answers.")
    var check = true

    @OptionGroup var audit: FinalAuditOptions

    /// Files besides the connections that send.
    private static let otherDescriptors = 256

    private var connectionCount: Int { (self.atOnce ?? 100) + self.connectionLimit + self.followers }

    func run() async throws {
        try ProcessLimits.ensureDescriptors(Self.otherDescriptors + self.connectionCount)
        let configuration = try self.loadConfiguration()
        let report = try await LoadRun.report(isJSON: self.audit.json) { progress in
            try await DistributeLoad(configuration: configuration).run(progress: progress)
        }
        var audit = self.audit
        // The audit looks at the chain that the load has looked at.
        if let chain = self.chain { audit.nearby.settings.settings += [Settings.faucetRPC.optionName, chain] }
        try await audit.end(report, [.faucet()])
    }

    private func loadConfiguration() throws -> DistributeLoadConfiguration {
        var configuration = DistributeLoadConfiguration()
        try self.target.fill(&configuration, near: self.audit.nearby.place)
        self.sending.fill(&configuration)
        configuration.chain = try self.chain ?? self.audit.nearby.place.system?.chain
        configuration.phases = self.phases
        configuration.address = self.address
        configuration.addresses = self.addresses
        configuration.hasKeys = self.keys
        configuration.isPosting = self.post
        configuration.connections = self.connections
        configuration.connectionLimit = self.connectionLimit
        configuration.followers = self.followers
        configuration.settleWait = .seconds(self.settleWait)
        configuration.isChecking = self.check
        return configuration
    }

    /// The phases that were asked for, in this order; the usual ones when none was.
    private var phases: [DistributionPhase] {
        let wanted = [
            self.sequence.map { DistributionPhase.sequence($0) }, self.atOnce.map { .atOnce($0) },
            self.rate.map { .open(rate: $0, seconds: self.seconds) },
        ]
        .compactMap { $0 }
        return wanted.isEmpty ? DistributeLoadConfiguration().phases : wanted
    }
}
