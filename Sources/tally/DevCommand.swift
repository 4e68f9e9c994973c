import App
import ArgumentParser
import Dev

struct DevCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev",
        abstract: "Run a whole system on this machine: Redis, instances, a worker and nginx.",
        discussion: "Settings are passed on to the instances and workers: tally dev --uniques-window-seconds 10."
    )

    @Option(help: "Instances behind nginx.")
    var instances = 2

    @Option(help: "Workers.")
    var workers = 1

    @Option(help: "The port of nginx.")
    var port = 8080

    @Option(help: "The address of nginx.")
    var listen = "127.0.0.1"

    @Option(help: "Where data, logs, pids and ports are kept.")
    var dir = ".tally"

    @Flag(help: "Delete the data of an earlier run first.")
    var fresh = false

    @Option(
        name: .customLong("allow-outbound"),
        help: "An inside host that callers' endpoints may name, as HOST:PORT; may be repeated."
    )
    var allowOutbound: [String] = []

    @OptionGroup var settings: SettingOptions

    func run() async throws {
        var environment: [String: String] = [:]
        for setting in try self.settings.values().given {
            environment[setting.environmentName] = setting.text
        }
        if !self.allowOutbound.isEmpty {
            let name = Settings.outboundAllow.environmentName
            let given = environment[name].map { [$0] } ?? []
            environment[name] = (given + self.allowOutbound).joined(separator: ",")
        }
        // What cannot be used should fail here, once, and not in each child.
        try SettingOptions.check(environment)
        let configuration = DevConfiguration(
            instances: self.instances,
            workers: self.workers,
            port: self.port,
            listenAddress: self.listen,
            directory: self.dir,
            fresh: self.fresh,
            environment: environment
        )
        do { try await DevSystem(configuration: configuration).run() } catch {
            StandardError.write("\(error)\n")
            throw ExitCode.failure
        }
    }
}
