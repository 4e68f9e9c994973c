import App
import ArgumentParser
import Load

/// `tally load payments`: the load, the comparison, and then the audit.
struct PaymentsLoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "payments",
        abstract: "Payments: by default 100 a second for a minute among 1000 accounts that are filled first.",
        discussion: """
            Every payment has a key of its own; an unanswered one is sent again with it, to another origin. Each \
            one is followed to its end. Exits with 0 when every answer was right and all accounts hold exactly what \
            their done payments leave, with 1 when not, and with 64 or 69 when it could not run. Then it audits \
            Redis, when it knows which: --redis-url, or that of a 'tally dev', see --dir.
            """
    )

    @OptionGroup var target: LoadOptions

    @OptionGroup var sending: SendingOptions

    @Option(help: "Accounts that pay each other.")
    var accounts = 1000

    @Option(help: "Balance that each account begins with.")
    var balance = "1000.00"

    @Option(help: "Payments per second at a fixed pace, however slow the answers are.")
    var rate = 100

    @Option(help: "How long to keep that pace.")
    var seconds = 60

    @Option(help: "Number of payments instead of a pace; each connection sends its next one after the last answer.")
    var count: Int?

    @Option(help: "Connections to send over.")
    var connections = 64

    @Option(help: "Connections at a fixed pace, when slow answers keep all busy.")
    var connectionLimit = 512

    @Option(help: "Pattern of payers and payees: uniform, hot-payer, hot-payee, pairs, rings or mixed.")
    var pattern = PaymentPattern.uniform

    @Option(help: "Accounts in a ring.")
    var ringSize = 5

    @Option(help: "The most that one payment is worth.")
    var maxAmount = "100.00"

    @Option(help: "Connections that follow payments to their end.")
    var followers = 8

    @Option(help: "Seconds after the sending for payments to end, and for a service that is away during the check.")
    var settleWait = 60.0

    @Flag(inversion: .prefixedNo, help: "Compare all balances and histories with the payments.")
    var check = true

    @OptionGroup var audit: FinalAuditOptions

    func run() async throws {
        let configuration = try self.loadConfiguration
        StandardError.write("accounts begin with \(configuration.prefix)\n")
        let report = try await LoadRun.report(isJSON: self.audit.json) { progress in
            try await PaymentsLoad(configuration: configuration).run(progress: progress)
        }
        try await self.audit.end(report, [.payments()])
    }

    private var loadConfiguration: PaymentsLoadConfiguration {
        get throws {
            var configuration = PaymentsLoadConfiguration()
            try self.target.fill(&configuration, near: self.audit.nearby.place)
            self.sending.fill(&configuration)
            configuration.accounts = self.accounts
            configuration.balance = try Self.cents(self.balance, "--balance")
            configuration.mode =
                self.count.map { .closed(count: $0) } ?? .open(rate: self.rate, seconds: self.seconds)
            configuration.connections = self.connections
            configuration.connectionLimit = self.connectionLimit
            configuration.pattern = self.pattern
            configuration.ringSize = self.ringSize
            configuration.largestCents = try Self.cents(self.maxAmount, "--max-amount")
            configuration.followers = self.followers
            configuration.settleWait = .seconds(self.settleWait)
            configuration.isChecking = self.check
            return configuration
        }
    }

    private static func cents(_ text: String, _ option: String) throws -> Int64 {
        guard let cents = Cents.readLoosely(text) else {
            throw ValidationError("\(option) is an amount such as 12.50, not \(text)")
        }
        return cents
    }
}

extension PaymentPattern: ExpressibleByArgument {}
