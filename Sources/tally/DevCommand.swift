import App
import ArgumentParser
import Dev

struct DevCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev",
        abstract: "Run a whole system on this machine: Redis, a local chain, instances, a worker and nginx.",
        discussion: "Settings are passed on to the instances and workers: tally dev --uniques-window-seconds 10."
    )

    @Option(help: "Instances behind nginx.")
    var instances = 2

    @Option(help: "Workers.")
    var workers = 1

    @Option(help: "The port of nginx.")
    var port = 8080

    @Option(help: "The port of nginx for gRPC: HTTP/2 without TLS; 0 takes a free one.")
    var grpcPort = 8082

    @Flag(help: "TLS everywhere: clients to nginx, nginx to instances, all to Redis. The authority is DIR/tls/ca.pem.")
    var tls = false

    @Option(help: "The port of nginx for TLS, with --tls; 0 takes a free one.")
    var tlsPort = 8443

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

    @Option(help: "The faucet's chain: local, none, or the URL of a node.")
    var chain = DevChain.local

    @Option(help: "Pool rules of a local chain: hardhat or geth.")
    var chainRules = DevChain.Rules.hardhat

    @Option(help: "When a local chain makes blocks: auto or interval:SECONDS.")
    var chainMining = DevChain.Mining.auto

    @Flag(help: "A local chain answers the methods that break it: see node/README.md.")
    var chainFaults = false

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
        // Settings that cannot be used should fail here, once, and not in each child.
        try SettingOptions.check(environment)
        let configuration = DevConfiguration(
            instances: self.instances,
            workers: self.workers,
            port: self.port,
            grpcPort: self.grpcPort,
            tlsPort: self.tls ? self.tlsPort : nil,
            listenAddress: self.listen,
            directory: self.dir,
            fresh: self.fresh,
            environment: environment,
            chain: self.chain,
            chainOptions: DevChain.Options(
                rules: self.chainRules,
                mining: self.chainMining,
                hasFaults: self.chainFaults
            )
        )
        try await DevSystem(configuration: configuration).run()
    }
}

extension DevChain: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }

    package var defaultValueDescription: String { "local" }
}

extension DevChain.Rules: ExpressibleByArgument {}

extension DevChain.Mining: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }

    package var defaultValueDescription: String { "\(self)" }
}
