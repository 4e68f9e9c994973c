import App
import ArgumentParser

struct HealthcheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "healthcheck",
        abstract: "Ask the process on this machine whether it is ready; exit 0 when it is."
    )

    @OptionGroup var settings: SettingOptions

    func run() async throws {
        let configuration = try self.settings.load("healthcheck")
        let answer = await HealthProbe.ask(configuration.adminAddress)
        print(answer.text)
        guard answer.isReady else { throw ExitCode.failure }
    }
}
