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

    static func main() async { await self.main(Self.arguments) }

    /// The arguments, also where the runtime does not see them: some preloaded libraries hide them from it.
    private static var arguments: [String] {
        let seen = CommandLine.arguments.dropFirst()
        guard CommandLine.arguments.isEmpty, let data = try? Data(contentsOf: URL(filePath: "/proc/self/cmdline"))
        else { return Array(seen) }
        return data.split(separator: 0).dropFirst().map { String(decoding: $0, as: UTF8.self) }
    }
}
