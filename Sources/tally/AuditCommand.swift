import App
import ArgumentParser

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Prove that what lies in Redis is whole, and is what happened.",
        subcommands: [
            LedgerCommand.self, PaymentsCommand.self, FaucetCommand.self, CouponsCommand.self, AdminLogCommand.self,
        ]
    )

    struct LedgerCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ledger",
            abstract: "Check every entry, every balance and every shard, also while the service runs.",
            discussion: """
                Exits with 0 when all is right, with 1 when something is violated, with 69 when Redis cannot \
                be reached, and with 3 when nothing is violated but a sum could not be had at one instant. Only reads. \
                Without a setting that names Redis it reads that of a 'tally dev': see --dir.
                """
        )

        @Flag(help: "Print one JSON object.")
        var json = false

        @Flag(help: "Look at all currencies in Redis, not only at 'ledger.currency'.")
        var allCurrencies = false

        @OptionGroup var nearby: NearbyOptions

        func run() async throws {
            let outcome = try await LedgerProof(self.nearby.load("audit")).run(
                isJSON: self.json,
                hasAllCurrencies: self.allCurrencies
            ) { StandardError.write($0 + "\n") }
            try outcome.tell()
        }
    }

    struct PaymentsCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "payments",
            abstract:
                "Check every payment against the entries that it made, and the ledger, also while the service runs.",
            discussion: """
                Exits with 0 when all is right, with 1 when something is violated, with 69 when Redis cannot \
                be reached, and with 3 when nothing is violated but a sum could not be had at one instant. Only reads. \
                Without a setting that names Redis it reads that of a 'tally dev': see --dir.
                """
        )

        @Flag(help: "Print one JSON object.")
        var json = false

        @Flag(help: "Look at all currencies in Redis, not only at 'ledger.currency'.")
        var allCurrencies = false

        @Flag(help: "Take each payment that has not ended as a violation.")
        var settled = false

        @OptionGroup var nearby: NearbyOptions

        func run() async throws {
            let outcome = try await PaymentsProof(self.nearby.load("audit")).run(
                isJSON: self.json,
                hasAllCurrencies: self.allCurrencies,
                isSettled: self.settled
            ) { StandardError.write($0 + "\n") }
            try outcome.tell()
        }
    }

    struct FaucetCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "faucet",
            abstract: "Check every distribution against the chain, and every nonce, also while the service runs.",
            discussion: """
                Exits with 0 when all is right, with 1 when something is violated, with 69 when Redis or the \
                chain cannot be reached, and with 3 when nothing is violated but not all could be told, as by a node \
                that lags. Only reads. Without a setting that names Redis it reads that of a 'tally dev': see --dir.
                """
        )

        @Flag(help: "Print one JSON object.")
        var json = false

        @Flag(help: "Take each distribution that is not over as a violation.")
        var settled = false

        @Option(help: "The node to ask, instead of those of 'faucet.rpc'.")
        var rpc: String?

        @OptionGroup var nearby: NearbyOptions

        func run() async throws {
            var nearby = self.nearby
            if let rpc { nearby.settings.settings += [Settings.faucetRPC.optionName, rpc] }
            let outcome = try await FaucetProof(nearby.load("audit")).run(
                isJSON: self.json,
                isSettled: self.settled
            ) { StandardError.write($0 + "\n") }
            try outcome.tell()
        }
    }

    struct CouponsCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "coupons",
            abstract: "Check that each campaign issued exactly what it may, also while the service runs.",
            discussion: """
                Tells quota, issued coupons, distinct codes, holes and users over their limit of each campaign. Exits \
                with 0 when all is right, with 1 when something is violated, with 69 when Redis cannot be reached, \
                and with 3 when nothing is violated but not all could be told, as without the code key. Only reads. \
                Without a setting that names Redis it reads that of a 'tally dev': see --dir.
                """
        )

        @Flag(help: "Print one JSON object.")
        var json = false

        @Option(help: "Look at this campaign only.")
        var campaign: Int64?

        @OptionGroup var nearby: NearbyOptions

        func run() async throws {
            let outcome = try await CouponsProof(self.nearby.load("audit")).run(
                isJSON: self.json,
                campaign: self.campaign
            ) { StandardError.write($0 + "\n") }
            try outcome.tell()
        }
    }
    struct AdminLogCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "admin",
            abstract: "Check that no entry of the log of what operators did was changed or left out.",
            discussion: "Exits with 0 when all is right, with 1 when something is violated, with 69 without Redis."
        )

        @Flag(help: "Print one JSON object.")
        var json = false

        @OptionGroup var nearby: NearbyOptions

        func run() async throws {
            let outcome = try await AdminRecord(self.nearby.load("audit")).audit(isJSON: self.json)
            try outcome.tell()
        }
    }
}
