import App
import ArgumentParser

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Print every setting with its type, range, default and effective value, secrets hidden."
    )

    @Flag(help: "Print one JSON object instead.")
    var json = false

    @OptionGroup var settings: SettingOptions

    func run() async throws {
        let values = try self.settings.values()
        // Settings that cannot be used must fail here as they would fail at start.
        _ = try self.settings.load("config")
        print(self.json ? SettingListing.json(values) : SettingListing.text(values))
    }
}
