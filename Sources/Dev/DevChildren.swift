private import FoundationEssentials
private import Glibc

/// The children of a system, in the order of their stages: Redis and the chain, instances and workers, nginx.
package struct DevChildren: Sendable {
    package struct Programs: Sendable {
        package var redis: String
        package var nginx: String
        package var tally: String
        /// Nil when no chain is started.
        package var chain: DevChainProgram?

        package init(redis: String, nginx: String, tally: String, chain: DevChainProgram? = nil) {
            self.redis = redis
            self.nginx = nginx
            self.tally = tally
            self.chain = chain
        }
    }

    private let configuration: DevConfiguration
    private let ports: DevPorts
    private let programs: Programs
    private let root: String

    /// `root` is the absolute path of the system's folder.
    package init(_ configuration: DevConfiguration, ports: DevPorts, programs: Programs, root: String) {
        self.configuration = configuration
        self.ports = ports
        self.programs = programs
        self.root = root.hasSuffix("/") ? String(root.dropLast()) : root
    }

    package var all: [ChildProcess] {
        let instances = self.ports.instances.enumerated().map { index, port in
            self.service("serve", "instance-\(index + 1)", admin: self.ports.admin[index], port: port)
        }
        let workers = self.ports.admin.dropFirst(self.ports.instances.count).enumerated().map { index, admin in
            self.service("work", "worker-\(index + 1)", admin: admin, port: nil)
        }
        return [self.redis] + self.chains + instances + workers + [self.nginx]
    }

    /// Where the faucet finds its chain, or nil.
    package var chainURL: String? {
        if case .url(let url) = self.configuration.chain { return url }
        return self.programs.chain.flatMap { _ in self.ports.chain }.map { "http://127.0.0.1:\($0)" }
    }

    private var redis: ChildProcess {
        self.child(
            "redis",
            stage: 0,
            self.programs.redis,
            [
                "--bind", "127.0.0.1", "--port", "\(self.ports.redis)", "--daemonize", "no", "--appendonly", "yes",
                "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction",
            ],
            folder: "redis",
            probe: .redis(port: self.ports.redis)
        )
    }

    /// One or none.
    private var chains: [ChildProcess] {
        guard let program = self.programs.chain, let port = self.ports.chain else { return [] }
        let options = self.configuration.chainOptions
        let command = program.command(options, port: port, data: "\(self.root)/chain")
        var child = self.child(
            "chain",
            stage: 0,
            command.executable,
            command.arguments,
            probe: .tcp(host: "127.0.0.1", port: port)
        )
        child.workingDirectory = command.folder
        return [child]
    }

    private var nginx: ChildProcess {
        var child = self.child(
            "nginx",
            stage: 2,
            self.programs.nginx,
            // A watched campaign would keep a worker until it is killed.
            [
                "-p", "\(self.root)/", "-c", "nginx/nginx.conf", "-e", "stderr", "-g", "worker_shutdown_timeout 3s;",
            ],
            probe: .tcp(host: PortFinder.reachable(self.configuration.listenAddress), port: self.ports.http)
        )
        child.stopSignal = SIGQUIT
        child.grace = min(child.grace, .seconds(5))
        return child
    }

    private func service(_ command: String, _ name: String, admin: Int, port: Int?) -> ChildProcess {
        var environment = [
            "SWIFT_BACKTRACE": "enable=no",
            // nginx is stopped first and repeats what a restarting instance refuses, so nobody needs to be waited for.
            "TALLY_DRAIN_DELAY_SECONDS": "0",
        ]
        environment.merge(self.faucetEnvironment) { $1 }
        environment.merge(self.configuration.environment) { _, theirs in theirs }
        environment["TALLY_INSTANCE"] = name
        environment["TALLY_ADMIN_PORT"] = "\(admin)"
        environment["TALLY_REDIS_URL"] = "redis://127.0.0.1:\(self.ports.redis)"
        if let port { environment["TALLY_PORT"] = "\(port)" }
        var child = self.child(
            name,
            stage: 1,
            self.programs.tally,
            [command],
            probe: .http(port: admin, path: "/readyz")
        )
        child.environment = environment
        return child
    }

    /// What the children do not inherit from this process anyway.
    private var faucetEnvironment: [String: String] {
        guard let url = self.chainURL else { return [:] }
        // Keys that everybody knows, to coins that are worth nothing.
        let chosen = ["TALLY_FAUCET_RPC": url, "TALLY_FAUCET_KEYS": "development"]
        let inherited = ProcessInfo.processInfo.environment
        return chosen.filter { inherited[$0.key] == nil }
    }

    private func child(
        _ name: String,
        stage: Int,
        _ executable: String,
        _ arguments: [String],
        folder: String = "",
        probe: ReadinessProbe
    ) -> ChildProcess {
        ChildProcess(
            name: name,
            stage: stage,
            executable: executable,
            arguments: arguments,
            workingDirectory: "\(self.root)/\(folder)",
            logPath: "\(self.root)/log/\(name).log",
            pidPath: "\(self.root)/run/\(name).pid",
            grace: self.configuration.stopGrace,
            probe: probe
        )
    }
}
