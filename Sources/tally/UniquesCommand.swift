import App
import ArgumentParser

struct UniquesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uniques",
        abstract: "List dead reports of unique counts, and send them again.",
        subcommands: [Dead.self, Replay.self]
    )

    struct Dead: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List reports that could not be delivered.")

        @OptionGroup var nearby: NearbyOptions

        func run() async throws {
            try await DeadLetters(self.nearby.load("uniques")).list { print($0) }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send dead reports again, with their old idempotency keys."
        )

        @Option(help: "Only the report with this id, as 'tally uniques dead' prints it.")
        var id: String?

        @OptionGroup var nearby: NearbyOptions

        func run() async throws {
            let count = try await DeadLetters(self.nearby.load("uniques")).replay(id: self.id)
            print("\(count) put back")
        }
    }
}
