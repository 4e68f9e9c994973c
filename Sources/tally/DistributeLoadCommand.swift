import App
import ArgumentParser
import Glibc
import Load
import Synchronization

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

    @Option(help: "Share of the requests with keys that are deliberately sent twice, half of them both at once.")
    var repeatShare = 0.05

    @Flag(help: "POST with a body instead of GET.")
    var post = false

    @Option(help: "Connections at a fixed pace.")
    var connections = 64

    @Option(help: "Connections at a fixed pace, when slow answers keep all busy.")
    var connectionLimit = 1024

    @Option(help: "Connections that follow distributions to their end.")
    var followers = 8

    @Option(help: "Decides recipients and repeats.")
    var seed = 7

    @Option(help: "Threads that send.")
    var threads = 1

    @Option(
        name: [.customLong("request-timeout"), .customLong("timeout")],
        help: "Seconds to wait for an answer; the faucet may take 10 to have its transaction accepted."
    )
    var requestTimeout = 20.0

    @Option(help: "Seconds after which each of the parts ends in any case.")
    var timeLimit: Double?

    @Option(help: "Seconds after the sending for coins to arrive, and for a system that is away during the check.")
    var settleWait = 60.0

    @Flag(help: "A proxy in between may repeat requests by itself: an only answer may be a replay.")
    var behindProxy = false

    @Flag(inversion: .prefixedNo, help: "Compare transactions and balances on the chain with the answers.")
    var check = true

    @Flag(inversion: .prefixedNo, help: "Audit the distributions in Redis afterwards.")
    var audit = true

    @Flag(help: "Print one JSON object for the load, and one for the audit.")
    var json = false

    @OptionGroup var nearby: NearbyOptions

    /// Files besides the connections that send.
    private static let otherDescriptors = 256

    private var connectionCount: Int { (self.atOnce ?? 100) + self.connectionLimit + self.followers }

    func run() async throws {
        try ProcessLimits.ensureDescriptors(Self.otherDescriptors + self.connectionCount)
        let bar = Mutex(LedgerProgressBar(isTerminal: isatty(STDERR_FILENO) == 1))
        let report: DistributeReport
        do {
            report = try await DistributeLoad(configuration: self.loadConfiguration()).run { progress in
                if let text = bar.withLock({ $0.text(for: progress) }) { StandardError.write(text) }
            }
        } catch {
            StandardError.write(bar.withLock { $0.end() })
            throw error
        }
        StandardError.write(bar.withLock { $0.end() })
        print(self.json ? report.json : report.text)
        let audited = try await self.auditFaucet()
        guard report.passed else { throw ExitCode(ExitCause.refused.rawValue) }
        if let audited { throw ExitCode(audited.rawValue) }
    }

    /// Why the audit does not end well.
    private func auditFaucet() async throws -> ExitCause? {
        var nearby = self.nearby
        // The audit looks at the chain that the load has looked at.
        if let chain = self.chain { nearby.settings.settings += [Settings.faucetRPC.optionName, chain] }
        return try await AuditAfterLoad(isWanted: self.audit, nearby: nearby).run(.faucet(), isJSON: self.json)
    }

    private func loadConfiguration() throws -> DistributeLoadConfiguration {
        var configuration = DistributeLoadConfiguration()
        configuration.entry = try self.target.service(near: self.nearby.place)
        configuration.chain = try self.chain ?? self.nearby.place.system?.chain
        configuration.phases = self.phases
        configuration.address = self.address
        configuration.addresses = self.addresses
        configuration.hasKeys = self.keys
        configuration.repeatShare = self.repeatShare
        configuration.isPosting = self.post
        configuration.connections = self.connections
        configuration.connectionLimit = self.connectionLimit
        configuration.followers = self.followers
        configuration.seed = self.seed
        configuration.threads = self.threads
        configuration.requestTimeout = .seconds(self.requestTimeout)
        configuration.timeLimit = self.timeLimit.map { .seconds($0) }
        configuration.settleWait = .seconds(self.settleWait)
        configuration.isBehindProxy = self.behindProxy
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
