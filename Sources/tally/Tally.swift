import App
import ArgumentParser
import FoundationEssentials
import Glibc

/// The one binary: the command picks what it is.
@main
struct Tally: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tally",
        abstract: "Does things exactly once, for many callers over many instances.",
        version: Version.number,
        subcommands: [
            ServeCommand.self, WorkCommand.self, DevCommand.self, LoadCommand.self, AuditCommand.self,
            UniquesCommand.self, PaymentsCommand.self, FaucetCommand.self, CouponsCommand.self,
            KeysCommand.self, AdminCommand.self, ConfigCommand.self, NginxCommand.self, HealthcheckCommand.self,
        ]
    )

    /// Runs a command and, when it fails, prints one line and ends with one exit code for one cause.
    static func main() async {
        do {
            var command = try Self.parseAsRoot(Self.arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            guard let cause = ExitCause(error) else { Self.exit(withError: error) }
            StandardError.write("\(error)\n")
            Glibc.exit(cause.rawValue)
        }
    }

    /// The arguments, also where the runtime does not see them: some preloaded libraries hide them from it.
    private static var arguments: [String] {
        let seen = CommandLine.arguments.dropFirst()
        guard CommandLine.arguments.isEmpty, let data = try? Data(contentsOf: URL(filePath: "/proc/self/cmdline"))
        else { return Array(seen) }
        return data.split(separator: 0).dropFirst().map { String(decoding: $0, as: UTF8.self) }
    }
}
