import App
import ArgumentParser
import Load

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

    @OptionGroup var sending: SendingOptions

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

    @Option(
        help:
            "Beginning of the users' names; by default the seed and a random part, so that runs do not meet."
    )
    var userPrefix: String?

    @Option(help: "Durability that answers shall wait for: local or replicated.")
    var durability: LedgerLoadConfiguration.Durability?

    @Option(help: "Seconds to wait for queued adds, and for a service that is away during the check.")
    var settleWait = 30.0

    @Flag(inversion: .prefixedNo, help: "Compare balances, histories and statements with what was acknowledged.")
    var check = true

    @OptionGroup var audit: FinalAuditOptions

    func run() async throws {
        let configuration = try self.loadConfiguration()
        StandardError.write("users begin with \(configuration.effectiveUserPrefix)\n")
        let report = try await LoadRun.report(isJSON: self.audit.json) { progress in
            try await LedgerLoad(configuration: configuration).run(progress: progress)
        }
        try await self.audit.end(report, [.ledger()])
    }

    private func loadConfiguration() throws -> LedgerLoadConfiguration {
        var configuration = LedgerLoadConfiguration()
        try self.target.fill(&configuration, near: self.audit.nearby.place)
        self.sending.fill(&configuration)
        configuration.users = self.users
        configuration.mode =
            self.rate.map { .open(rate: $0, seconds: self.seconds) } ?? .closed(transactions: self.transactions)
        configuration.connections = self.connections
        configuration.userPrefix = self.userPrefix
        configuration.durability = self.durability
        configuration.settleWait = .seconds(self.settleWait)
        configuration.isChecking = self.check
        return configuration
    }
}

extension LedgerLoadConfiguration.Durability: ExpressibleByArgument {}
