import ArgumentParser
import Dev

/// A `tally dev` that runs on this machine, as its folder tells.
struct NearbySystem {
    private let folder: String
    private let ports: DevPorts

    /// `nil` when none runs in the folder.
    init?(folder: String) {
        guard let ports = DevPorts.running(in: folder) else { return nil }
        self.folder = folder
        self.ports = ports
    }

    /// Its public entry.
    var url: String { "http://127.0.0.1:\(self.ports.http)" }

    /// A node of its chain, when it has one on this machine.
    var chain: String? { self.ports.chain.map { "http://127.0.0.1:\($0)" } }

    /// Options that name its Redis.
    var redisOptions: [String] {
        guard self.ports.tls != nil else { return ["--redis-url", "redis://127.0.0.1:\(self.ports.redis)/0"] }
        let certificates = DevCertificates(folder: "\(self.folder)/tls")
        let pair = certificates.pair("instance")
        return [
            "--redis-url", "rediss://127.0.0.1:\(self.ports.redis)/0", "--redis-ca-file", certificates.authority,
            "--redis-certificate-file", pair.certificate, "--redis-key-file", pair.key,
        ]
    }
}

/// Where a command looks for a `tally dev`.
struct DirOptions: ParsableArguments {
    @Option(help: "The folder of a 'tally dev', for addresses that nothing else names; ./.tally without it.")
    var dir: String?

    /// The system of the folder; one that was named must run, and without a name there may be none.
    var system: NearbySystem? {
        get throws {
            let system = NearbySystem(folder: self.dir ?? ".tally")
            if let dir, system == nil { throw ValidationError("no 'tally dev' runs in \(dir)") }
            return system
        }
    }
}
