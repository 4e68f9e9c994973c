import App
import ArgumentParser
import Glibc
import Load
import Synchronization

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

    @Option(help: "Share of the payments that are deliberately sent twice, half of them both at once.")
    var repeatShare = 0.05

    @Option(help: "Decides payers, payees, amounts and repeats.")
    var seed = 7

    @Option(help: "Connections that follow payments to their end.")
    var followers = 8

    @Option(help: "Threads that send.")
    var threads = 1

    @Option(help: "Seconds to wait for an answer.")
    var timeout = 10.0

    @Option(help: "Seconds after which the sending ends in any case.")
    var timeLimit: Double?

    @Option(help: "Seconds after the sending for payments to end, and for a service that is away during the check.")
    var settleWait = 60.0

    @Flag(help: "A proxy in between may repeat requests by itself: an only answer may be a replay.")
    var behindProxy = false

    @Flag(inversion: .prefixedNo, help: "Compare all balances and histories with the payments.")
    var check = true

    @Flag(inversion: .prefixedNo, help: "Audit the books in Redis afterwards.")
    var audit = true

    @Flag(help: "Print one JSON object for the load, and one for the audit.")
    var json = false

    @OptionGroup var nearby: NearbyOptions

    func run() async throws {
        let bar = Mutex(LedgerProgressBar(isTerminal: isatty(STDERR_FILENO) == 1))
        let configuration = try self.loadConfiguration
        StandardError.write("accounts begin with \(configuration.prefix)\n")
        let report: PaymentsReport
        do {
            report = try await PaymentsLoad(configuration: configuration).run { progress in
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
        try await AuditAfterLoad(isWanted: self.audit, nearby: self.nearby).run(.payments(), isJSON: self.json)
    }

    private var loadConfiguration: PaymentsLoadConfiguration {
        get throws {
            var configuration = PaymentsLoadConfiguration()
            configuration.entry = try self.target.service(near: self.nearby.place)
            configuration.accounts = self.accounts
            configuration.balance = try Self.cents(self.balance, "--balance")
            configuration.mode =
                self.count.map { .closed(count: $0) } ?? .open(rate: self.rate, seconds: self.seconds)
            configuration.connections = self.connections
            configuration.connectionLimit = self.connectionLimit
            configuration.pattern = self.pattern
            configuration.ringSize = self.ringSize
            configuration.largestCents = try Self.cents(self.maxAmount, "--max-amount")
            configuration.repeatShare = self.repeatShare
            configuration.seed = self.seed
            configuration.followers = self.followers
            configuration.threads = self.threads
            configuration.requestTimeout = .seconds(self.timeout)
            configuration.timeLimit = self.timeLimit.map { .seconds($0) }
            configuration.settleWait = .seconds(self.settleWait)
            configuration.isBehindProxy = self.behindProxy
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
