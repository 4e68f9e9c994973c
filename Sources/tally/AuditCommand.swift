import App
import ArgumentParser

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Prove that what lies in Redis is whole, and is what happened.",
        subcommands: [
            AuditOf<LedgerAuditOptions>.self, AuditOf<PaymentsAuditOptions>.self, AuditOf<FaucetAuditOptions>.self,
            AuditOf<CouponsAuditOptions>.self, AuditOf<AdminLogAuditOptions>.self,
        ]
    )
}

/// The options of one audit, besides those of all audits.
protocol AuditOptions: ParsableArguments {
    static var name: String { get }
    static var abstract: String { get }
    /// The exit codes, and what the audit needs.
    static var discussion: String { get }

    var audit: AuditRun { get }
    /// Settings that stand before those of the command line, environment and file.
    var settings: [String] { get }
}

extension AuditOptions {
    var settings: [String] { [] }
}

/// `tally audit NAME`: reads, prints what was found, and ends with the verdict's exit code.
struct AuditOf<Options: AuditOptions>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Options.name,
            abstract: Options.abstract,
            discussion: Options.discussion
        )
    }

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var options: Options

    @OptionGroup var nearby: NearbyOptions

    func run() async throws {
        var nearby = self.nearby
        nearby.settings.settings += self.options.settings
        let outcome = try await self.options.audit.run(nearby.load("audit")) { StandardError.write($0 + "\n") }
        print(self.json ? outcome.json : outcome.text)
        if let cause = outcome.exitCause { throw ExitCode(cause.rawValue) }
    }
}

struct LedgerAuditOptions: AuditOptions {
    static let name = "ledger"
    static let abstract = "Check every entry, every balance and every shard, also while the service runs."
    static let discussion = """
        Exits with 0 when all is right, with 1 when something is violated, with 69 when Redis cannot \
        be reached, and with 3 when nothing is violated but a sum could not be had at one instant. Only reads. \
        Without a setting that names Redis it reads that of a 'tally dev': see --dir.
        """

    @Flag(help: "Look at all currencies in Redis, not only at 'ledger.currency'.")
    var allCurrencies = false

    var audit: AuditRun { .ledger(hasAllCurrencies: self.allCurrencies) }
}

struct PaymentsAuditOptions: AuditOptions {
    static let name = "payments"
    static let abstract =
        "Check every payment against the entries that it made, and the ledger, also while the service runs."
    static let discussion = LedgerAuditOptions.discussion

    @Flag(help: "Look at all currencies in Redis, not only at 'ledger.currency'.")
    var allCurrencies = false

    @Flag(help: "Take each payment that has not ended as a violation.")
    var settled = false

    var audit: AuditRun { .payments(hasAllCurrencies: self.allCurrencies, isSettled: self.settled) }
}

struct FaucetAuditOptions: AuditOptions {
    static let name = "faucet"
    static let abstract = "Check every distribution against the chain, and every nonce, also while the service runs."
    static let discussion = """
        Exits with 0 when all is right, with 1 when something is violated, with 69 when Redis or the \
        chain cannot be reached, and with 3 when nothing is violated but not all could be told, as by a node \
        that lags. Only reads. Without a setting that names Redis it reads that of a 'tally dev': see --dir.
        """

    @Flag(help: "Take each distribution that is not over as a violation.")
    var settled = false

    @Option(help: "The node to ask, instead of those of 'faucet.rpc'.")
    var rpc: String?

    var audit: AuditRun { .faucet(isSettled: self.settled) }

    var settings: [String] { self.rpc.map { [Settings.faucetRPC.optionName, $0] } ?? [] }
}

struct CouponsAuditOptions: AuditOptions {
    static let name = "coupons"
    static let abstract = "Check that each campaign issued exactly what it may, also while the service runs."
    static let discussion = """
        Tells quota, issued coupons, distinct codes, holes and users over their limit of each campaign. Exits \
        with 0 when all is right, with 1 when something is violated, with 69 when Redis cannot be reached, \
        and with 3 when nothing is violated but not all could be told, as without the code key. Only reads. \
        Without a setting that names Redis it reads that of a 'tally dev': see --dir.
        """

    @Option(help: "Look at this campaign only.")
    var campaign: Int64?

    var audit: AuditRun { .coupons(campaign: self.campaign) }
}

struct AdminLogAuditOptions: AuditOptions {
    static let name = "admin"
    static let abstract = "Check that no entry of the log of operators' actions was changed or left out."
    static let discussion =
        "Exits with 0 when all is right, with 1 when something is violated, with 69 without Redis."

    var audit: AuditRun { .adminLog }
}
