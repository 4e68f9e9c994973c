import App
import ArgumentParser
import Glibc
import Load
import Synchronization

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

    @Option(help: "Share of the changes that are deliberately sent twice, half of them both at once.")
    var repeatShare = 0.05

    @Option(help: "Connections to send over.")
    var connections = 32

    @Option(help: "Connections when slow answers keep all busy.")
    var connectionLimit = 512

    @Option(help: "Decides kinds, users, amounts and repeats.")
    var seed = 7

    @Option(help: "Seconds to wait for an answer.")
    var timeout = 10.0

    @Option(help: "Seconds for payments and coins to end, and for a service that is away during the check.")
    var settleWait = 60.0

    @Flag(inversion: .prefixedNo, help: "Audit Redis afterwards.")
    var audit = true

    @Flag(help: "Print one JSON object for the load, and one for each audit.")
    var json = false

    @OptionGroup var nearby: NearbyOptions

    func run() async throws {
        let bar = Mutex(LedgerProgressBar(isTerminal: isatty(STDERR_FILENO) == 1))
        let report: MixedReport
        do {
            report = try await MixedLoad(configuration: self.loadConfiguration).run { progress in
                if let text = bar.withLock({ $0.text(for: progress) }) { StandardError.write(text) }
            }
        } catch {
            StandardError.write(bar.withLock { $0.end() })
            throw error
        }
        StandardError.write(bar.withLock { $0.end() })
        print(self.json ? report.json : report.text)
        let audited = try await self.auditAll(hasCoins: report.counts[.coin] != nil)
        guard report.passed else { throw ExitCode(ExitCause.refused.rawValue) }
        if let audited { throw ExitCode(audited.rawValue) }
    }

    /// Why the first audit does not end well that does not.
    private func auditAll(hasCoins: Bool) async throws -> ExitCause? {
        let audit = AuditAfterLoad(isWanted: self.audit, nearby: self.nearby)
        var causes: [ExitCause?] = []
        for run in [AuditRun.payments(), .coupons()] + (hasCoins ? [.faucet()] : []) {
            causes.append(try await audit.run(run, isJSON: self.json))
        }
        return causes.compactMap { $0 }.first
    }

    private var loadConfiguration: MixedLoadConfiguration {
        get throws {
            var configuration = MixedLoadConfiguration()
            configuration.entry = try self.target.service(near: self.nearby.place)
            configuration.rate = self.rate
            configuration.seconds = self.seconds
            if let mix = self.mix { configuration.shares = try MixedShares(mix) }
            configuration.retries = self.retry
            configuration.isKeyless = self.keyless
            configuration.failedPercentLimit = self.failedLimit
            configuration.users = self.users
            configuration.repeatShare = self.repeatShare
            configuration.connections = self.connections
            configuration.connectionLimit = self.connectionLimit
            configuration.seed = self.seed
            configuration.requestTimeout = .seconds(self.timeout)
            configuration.settleWait = .seconds(self.settleWait)
            return configuration
        }
    }
}
