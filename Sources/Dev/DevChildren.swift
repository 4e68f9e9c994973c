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
    private let certificates: DevCertificates?

    /// `root` is the absolute path of the system's folder; `certificates` are for a system with TLS.
    package init(
        _ configuration: DevConfiguration,
        ports: DevPorts,
        programs: Programs,
        root: String,
        certificates: DevCertificates? = nil
    ) {
        self.configuration = configuration
        self.ports = ports
        self.programs = programs
        self.root = root.hasSuffix("/") ? String(root.dropLast()) : root
        self.certificates = certificates
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
                "--bind", "127.0.0.1", "--daemonize", "no", "--appendonly", "yes", "--appendfsync", "always", "--save",
                "", "--maxmemory-policy", "noeviction",
            ] + self.redisListener,
            folder: "redis",
            probe: self.certificates == nil
                ? .redis(port: self.ports.redis) : .tcp(host: "127.0.0.1", port: self.ports.redis)
        )
    }

    private var redisListener: [String] {
        guard let certificates else { return ["--port", "\(self.ports.redis)"] }
        let pair = certificates.pair("redis")
        return [
            "--port", "0", "--tls-port", "\(self.ports.redis)", "--tls-ca-cert-file", certificates.authority,
            "--tls-cert-file", pair.certificate, "--tls-key-file", pair.key, "--tls-auth-clients", "yes",
        ]
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
            ["-p", "\(self.root)/", "-c", "nginx/nginx.conf", "-e", "stderr"],
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
        environment.merge(self.hostEnvironment) { $1 }
        environment.merge(self.configuration.environment) { _, theirs in theirs }
        environment["TALLY_INSTANCE"] = name
        environment["TALLY_ADMIN_PORT"] = "\(admin)"
        environment["TALLY_REDIS_URL"] = "redis://127.0.0.1:\(self.ports.redis)"
        if let certificates { environment.merge(self.environment(certificates)) { $1 } }
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

    /// TLS to Redis, and on the public listener for nginx alone.
    private func environment(_ certificates: DevCertificates) -> [String: String] {
        let pair = certificates.pair("instance")
        return [
            "TALLY_REDIS_URL": "rediss://127.0.0.1:\(self.ports.redis)",
            "TALLY_REDIS_CA_FILE": certificates.authority, "TALLY_REDIS_CERTIFICATE_FILE": pair.certificate,
            "TALLY_REDIS_KEY_FILE": pair.key, "TALLY_HTTP_CERTIFICATE_FILE": pair.certificate,
            "TALLY_HTTP_KEY_FILE": pair.key, "TALLY_HTTP_CLIENT_CA_FILE": certificates.authority,
        ]
    }

    /// The names that a request may have for a system that only this machine reaches.
    ///
    /// A page of the web can have its own name lead to this machine and then ask whatever listens there.
    private var hostEnvironment: [String: String] {
        let name = "TALLY_HTTP_ALLOWED_HOSTS"
        guard self.configuration.isLoopbackOnly, ProcessInfo.processInfo.environment[name] == nil else { return [:] }
        return [name: "localhost,127.0.0.1,[::1]"]
    }

    /// The faucet's variables that the children do not inherit from this process anyway.
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
