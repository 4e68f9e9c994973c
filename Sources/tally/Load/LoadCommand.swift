import ArgumentParser
import Load

struct LoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Load a running system over HTTP, and check the outcome exactly.",
        subcommands: [
            Accept.self, LedgerLoadCommand.self, PaymentsLoadCommand.self, DistributeLoadCommand.self,
            CouponsLoadCommand.self, MixedLoadCommand.self,
        ]
    )

    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Unique counting: by default 10,000 requests over 100 connections, ids 0 to 999.",
            discussion: """
                Exits with 0 when every answer was right and the published counts are exactly what was acknowledged, \
                with 1 when not, and with 64 or 69 when it could not run. The check waits for the windows to be \
                closed.
                """
        )

        @OptionGroup var target: LoadOptions

        @Option(help: "Requests, each connection sending its next one after the last answer.")
        var requests = 10_000

        @Option(help: "Requests per second at a fixed pace instead, however slow the answers are.")
        var rate: Int?

        @Option(help: "How long to keep that pace.")
        var seconds = 10

        @Option(help: "Connections.")
        var connections = 100

        @Option(help: "Ids go round from 0 up to this.")
        var ids = 1000

        @Flag(help: "Give every request an id of its own.")
        var uniqueIds = false

        @Flag(help: "Repeat requests whose outcome is unknown, with the same id.")
        var retry = false

        @Flag(help: "Do not fail because of requests whose outcome stays unknown.")
        var allowUnknown = false

        @Flag(help: "Others use the system too: counts may be higher.")
        var shared = false

        @Flag(inversion: .prefixedNo, help: "Wait for the published counts and compare them.")
        var check = true

        @Option(help: "Threads that send.")
        var threads = 1

        @Option(help: "Seconds after which the load ends in any case.")
        var timeLimit: Double?

        @Option(help: "Seconds to wait for a window to be closed after its end.")
        var closeWait = 30.0

        @Flag(help: "Print one JSON object.")
        var json = false

        @OptionGroup var place: DirOptions

        func run() async throws {
            let configuration = try self.configuration()
            let bar = ProgressBar(isTerminal: LoadRun.isTerminal)
            let report = try await LoadRun.report(bar: bar, isJSON: self.json) { progress in
                try await AcceptLoad(configuration: configuration).run(progress: progress)
            }
            guard report.passed else { throw ExitCode(ExitCause.refused.rawValue) }
        }

        private func configuration() throws -> AcceptLoadConfiguration {
            var configuration = AcceptLoadConfiguration()
            try self.target.fill(&configuration, near: self.place)
            configuration.mode =
                self.rate.map { .open(rate: $0, seconds: self.seconds) } ?? .closed(requests: self.requests)
            configuration.connections = self.connections
            configuration.ids = self.ids
            configuration.hasUniqueIDs = self.uniqueIds
            configuration.isRetrying = self.retry
            configuration.isAllowingUnknown = self.allowUnknown
            configuration.isShared = self.shared
            configuration.isChecking = self.check
            configuration.threads = self.threads
            configuration.timeLimit = self.timeLimit.map { .seconds($0) }
            configuration.closeWait = .seconds(self.closeWait)
            return configuration
        }
    }
}
