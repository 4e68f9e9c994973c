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
            Every add has a key of its own; what is not answered is sent again with it, to another origin. Exits with \
            0 when every answer was right and the accounts hold exactly what was acknowledged, with 1 when not, and \
            with 2 when it could not run. Then it audits Redis, when it knows which: --redis-url, or that of \
            'tally dev' in ./.tally.
            """
    )

    @Option(help: "Where to send; may be repeated.")
    var url = ["http://127.0.0.1:8080"]

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
            "What the users' names begin with; by default of the seed and a random part, so that runs do not meet."
    )
    var userPrefix: String?

    @Option(help: "Threads that send.")
    var threads = 1

    @Option(help: "Seconds to wait for an answer.")
    var timeout = 10.0

    @Option(help: "What answers shall wait for: local or replicated.")
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

    @OptionGroup var settings: SettingOptions

    func run() async throws {
        let key = try ClientKey.read()
        let bar = Mutex(LedgerProgressBar(isTerminal: isatty(STDERR_FILENO) == 1))
        let configuration = self.loadConfiguration(key)
        StandardError.write("users begin with \(configuration.effectiveUserPrefix)\n")
        let report: LedgerReport
        do {
            report = try await LedgerLoad(configuration: configuration).run { progress in
                if let text = bar.withLock({ $0.text(for: progress) }) { StandardError.write(text) }
            }
        } catch {
            StandardError.write("\(bar.withLock { $0.end() })\(error)\n")
            throw ExitCode(error.exitCode)
        }
        StandardError.write(bar.withLock { $0.end() })
        print(self.json ? report.json : report.text)
        let audited = try await self.auditBooks()
        guard report.passed else { throw ExitCode(report.exitCode) }
        guard audited == 0 else { throw ExitCode(audited) }
    }

    /// The audit's exit code.
    private func auditBooks() async throws -> Int32 {
        try await AuditAfterLoad(isWanted: self.audit, settings: self.settings).run { configuration, tell in
            try await LedgerProof(configuration).run(isJSON: self.json, hasAllCurrencies: false, tell)
        }
    }

    private func loadConfiguration(_ apiKey: String?) -> LedgerLoadConfiguration {
        var configuration = LedgerLoadConfiguration()
        configuration.urls = self.url
        configuration.apiKey = apiKey
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
