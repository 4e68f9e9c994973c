import App
import ArgumentParser
import Dev
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

    /// The same, but Redis and the chain are those of `tally dev` in `./.tally` where no setting names one.
    func loadNearby(_ command: String) throws -> AppConfiguration {
        var options = self
        if try self.values()[Settings.redisURL].source == "default", let ports = DevPorts.running(in: ".tally") {
            options.settings += ["--redis-url", "redis\(ports.tls == nil ? "" : "s")://127.0.0.1:\(ports.redis)/0"]
            if ports.tls != nil {
                let certificates = DevCertificates(folder: ".tally/tls")
                let pair = certificates.pair("instance")
                options.settings += ["--redis-ca-file", certificates.authority]
                options.settings += ["--redis-certificate-file", pair.certificate, "--redis-key-file", pair.key]
            }
        }
        if try self.values()[Settings.faucetRPC].source == "default",
            let chain = DevPorts.running(in: ".tally")?.chain
        {
            options.settings += ["--faucet-rpc", "http://127.0.0.1:\(chain)"]
        }
        return try options.load(command)
    }

    /// Whether a setting or `./.tally` names a Redis.
    func knowsRedis() throws -> Bool {
        try self.values()[Settings.redisURL].source != "default" || DevPorts.running(in: ".tally") != nil
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
