import App
import ArgumentParser
import Glibc
import Load
import Synchronization

/// `tally load ledger`: the load, the comparison, and then the audit.
struct LedgerLoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "The ledger: by default 100 adds for each of 1000 users over 64 connections.",
        discussion: """
            Every add has a key of its own; an unanswered one is sent again with it, to another origin. Exits with \
            0 when every answer was right and the accounts hold exactly what was acknowledged, with 1 when not, and \
            with 64 or 69 when it could not run. Then it audits Redis, when it knows which: --redis-url, or that of a \
            'tally dev', see --dir.
            """
    )

    @OptionGroup var target: LoadOptions

    @Option(help: "Users.")
    var users = 1000

    @Option(help: "Adds for each user, each connection sending its next one after the last answer.")
    var transactions = 100

    @Option(help: "Adds per second at a fixed pace instead, however slow the answers are.")
    var rate: Int?

    @Option(help: "How long to keep that pace.")
    var seconds = 10

    @Option(help: "Connections.")
    var connections = 64

    @Option(help: "Share of the adds that are deliberately sent twice, half of them both at once.")
    var repeatShare = 0.05

    @Option(help: "Decides users, amounts, order and repeats.")
    var seed = 7

    @Option(
        help:
            "Beginning of the users' names; by default the seed and a random part, so that runs do not meet."
    )
    var userPrefix: String?

    @Option(help: "Threads that send.")
    var threads = 1

    @Option(help: "Seconds to wait for an answer.")
    var timeout = 10.0

    @Option(help: "Durability that answers shall wait for: local or replicated.")
    var durability: LedgerLoadConfiguration.Durability?

    @Option(help: "Seconds after which the load ends in any case.")
    var timeLimit: Double?

    @Option(help: "Seconds to wait for queued adds, and for a service that is away during the check.")
    var settleWait = 30.0

    @Flag(help: "A proxy in between may repeat requests by itself: an only answer may be a replay.")
    var behindProxy = false

    @Flag(inversion: .prefixedNo, help: "Compare balances, histories and statements with what was acknowledged.")
    var check = true

    @Flag(inversion: .prefixedNo, help: "Audit the books in Redis afterwards.")
    var audit = true

    @Flag(help: "Print one JSON object for the load, and one for the audit.")
    var json = false

    @OptionGroup var nearby: NearbyOptions

    func run() async throws {
        let bar = Mutex(LedgerProgressBar(isTerminal: isatty(STDERR_FILENO) == 1))
        let configuration = try self.loadConfiguration()
        StandardError.write("users begin with \(configuration.effectiveUserPrefix)\n")
        let report: LedgerReport
        do {
            report = try await LedgerLoad(configuration: configuration).run { progress in
                if let text = bar.withLock({ $0.text(for: progress) }) { StandardError.write(text) }
            }
        } catch {
            StandardError.write(bar.withLock { $0.end() })
            throw error
        }
        StandardError.write(bar.withLock { $0.end() })
        print(self.json ? report.json : report.text)
        let audited = try await self.auditBooks()
        guard report.passed else { throw ExitCode(ExitCause.refused.rawValue) }
        if let audited { throw ExitCode(audited.rawValue) }
    }

    /// Why the audit does not end well.
    private func auditBooks() async throws -> ExitCause? {
        try await AuditAfterLoad(isWanted: self.audit, nearby: self.nearby).run(.ledger(), isJSON: self.json)
    }

    private func loadConfiguration() throws -> LedgerLoadConfiguration {
        var configuration = LedgerLoadConfiguration()
        configuration.entry = try self.target.service(near: self.nearby.place)
        configuration.users = self.users
        configuration.mode =
            self.rate.map { .open(rate: $0, seconds: self.seconds) } ?? .closed(transactions: self.transactions)
        configuration.connections = self.connections
        configuration.repeatShare = self.repeatShare
        configuration.seed = self.seed
        configuration.userPrefix = self.userPrefix
        configuration.threads = self.threads
        configuration.requestTimeout = .seconds(self.timeout)
        configuration.durability = self.durability
        configuration.timeLimit = self.timeLimit.map { .seconds($0) }
        configuration.settleWait = .seconds(self.settleWait)
        configuration.isBehindProxy = self.behindProxy
        configuration.isChecking = self.check
        return configuration
    }
}

extension LedgerLoadConfiguration.Durability: ExpressibleByArgument {}
