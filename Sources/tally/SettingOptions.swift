import App
import ArgumentParser
import FoundationEssentials

/// The settings as a command takes them; `tally config` lists them all.
struct SettingOptions: ParsableArguments {
    @Option(help: "A JSON file of settings.")
    var config: String?

    @Argument(
        parsing: .allUnrecognized,
        help: "Settings, as --redis-url URL; 'tally config' lists them."
    )
    var settings: [String] = []

    /// Refuses a setting that cannot be used before the command does anything.
    func validate() throws { _ = try self.values() }

    func values() throws -> SettingValues {
        do {
            return try SettingValues(
                arguments: self.settings,
                environment: ProcessInfo.processInfo.environment,
                file: self.config
            )
        } catch { throw ValidationError("\(error)") }
    }

    /// Whether these variables make a configuration that can be used.
    static func check(_ environment: [String: String]) throws {
        do {
            let values = try SettingValues(arguments: [], environment: environment, file: nil)
            _ = try AppConfiguration(values, processName: "check", coreCount: 1)
        } catch { throw ValidationError("\(error)") }
    }

    func load(_ command: String) throws -> AppConfiguration {
        let process = ProcessInfo.processInfo
        do {
            return try AppConfiguration(
                self.values(),
                processName: "\(command)-\(process.processIdentifier)",
                coreCount: process.activeProcessorCount
            )
        } catch let error as SettingsError { throw ValidationError("\(error)") }
    }
}
