import App
import ArgumentParser

struct AdminCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin",
        abstract: "Read the log of operators' actions.",
        subcommands: [Log.self]
    )

    struct Log: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the newest entries of the log of operators' actions, as JSON lines.",
            discussion: """
                Keys that were made or ended, campaigns that were made or changed, coupons made void, lanes paused, \
                dead letters sent again: who, what, when, and how it ended. 'tally audit admin' checks that no entry \
                was changed or left out.
                """
        )

        @Option(help: "Number of entries.")
        var last = 100

        @OptionGroup var nearby: NearbyOptions

        func validate() throws {
            guard (1...100_000).contains(self.last) else { throw ValidationError("--last is 1 to 100000") }
        }

        func run() async throws {
            try await AdminRecord(self.nearby.load("admin")).newest(self.last) { print($0) }
        }
    }
}
