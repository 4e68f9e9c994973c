import App
import ArgumentParser

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run one HTTP instance: stateless, any number of them."
    )

    @Flag(help: "Also run the background roles, for tests and the smallest deployments.")
    var withWorkers = false

    @OptionGroup var settings: SettingOptions

    func run() async throws {
        try await AppProcess(self.withWorkers ? .serveWithWorkers : .serve, self.settings.load("serve")).run()
    }
}

struct WorkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "work",
        abstract: "Run the background roles: any number of processes, each role finds its leader in Redis."
    )

    @OptionGroup var settings: SettingOptions

    func run() async throws { try await AppProcess(.work, self.settings.load("work")).run() }
}
