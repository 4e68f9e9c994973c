import App
import ArgumentParser

struct PaymentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "payments",
        abstract: "List payments in the dead-letter queue, and retry them.",
        subcommands: [Dead.self, Redrive.self]
    )

    struct Dead: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List payments that failed too often, as JSON lines.")

        @OptionGroup var nearby: NearbyOptions

        func run() async throws {
            try await DeadPayments(self.nearby.load("payments")).list { print($0) }
        }
    }

    struct Redrive: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give dead payments to the workers again, with their tries forgotten."
        )

        @Option(help: "Only the payment with this id, as 'tally payments dead' prints it.")
        var id: String?

        @OptionGroup var nearby: NearbyOptions

        func run() async throws {
            let count = try await DeadPayments(self.nearby.load("payments")).redrive(id: self.id)
            print("\(count) given to the workers again")
        }
    }
}
