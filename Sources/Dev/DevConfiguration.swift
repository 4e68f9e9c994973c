/// The parts of a system on one machine, and the folder where it lives.
package struct DevConfiguration: Sendable {
    /// Processes of `tally serve` behind nginx: 1…32, default 2.
    package var instances: Int
    /// Processes of `tally work`: 0…32, default 1.
    package var workers: Int
    /// The port of nginx: 1…65535, default 8080.
    package var port: Int
    /// nginx's port for gRPC: 0…65535, default 8082; 0 takes a free one.
    package var grpcPort: Int
    /// nginx's port for TLS: 0…65535, 0 takes a free one; nil, the default, is a system without TLS.
    package var tlsPort: Int?
    /// The address of nginx, default 127.0.0.1; everything else listens on 127.0.0.1 always.
    ///
    /// On an address of this machine alone the instances answer only to its names, unless `http.allowedHosts` is given.
    package var listenAddress: String
    /// Where data, logs, pids and ports are kept, relative to the working directory; default `.tally`.
    package var directory: String
    /// Whether the data of an earlier run is deleted first, default false.
    package var fresh: Bool
    /// Settings of the instances and workers, as `TALLY_…` names and values; they win over what `tally dev` chooses.
    package var environment: [String: String]
    /// The binary that the children run; nil is the one that is running.
    package var executable: String?
    /// Default local.
    package var chain: DevChain
    /// How a local chain behaves.
    package var chainOptions: DevChain.Options
    /// The project's `node`, with what a local chain runs on; nil looks for it.
    package var chainFolder: String?
    /// Time from a child's start until it answers: 1…600 s, default 30 s.
    package var readyDeadline: Duration
    /// Time for an instance, a worker or Redis to end by itself before it is killed: 0…600 s, default 15 s.
    package var stopGrace: Duration

    package init(
        instances: Int = 2,
        workers: Int = 1,
        port: Int = 8080,
        grpcPort: Int = 8082,
        tlsPort: Int? = nil,
        listenAddress: String = "127.0.0.1",
        directory: String = ".tally",
        fresh: Bool = false,
        environment: [String: String] = [:],
        executable: String? = nil,
        chain: DevChain = .local,
        chainOptions: DevChain.Options = DevChain.Options(),
        chainFolder: String? = nil,
        readyDeadline: Duration = .seconds(30),
        stopGrace: Duration = .seconds(15)
    ) {
        self.instances = instances
        self.workers = workers
        self.port = port
        self.grpcPort = grpcPort
        self.tlsPort = tlsPort
        self.listenAddress = listenAddress
        self.directory = directory
        self.fresh = fresh
        self.environment = environment
        self.executable = executable
        self.chain = chain
        self.chainOptions = chainOptions
        self.chainFolder = chainFolder
        self.readyDeadline = readyDeadline
        self.stopGrace = stopGrace
    }

    /// Whether only this machine reaches nginx.
    package var isLoopbackOnly: Bool { self.listenAddress.hasPrefix("127.") || self.listenAddress == "[::1]" }

    /// Refuses what is out of range, with the name and the range in the error.
    package func validate() throws(DevError) {
        try Self.check("instances", self.instances, in: 1...32)
        try Self.check("workers", self.workers, in: 0...32)
        try Self.check("port", self.port, in: 1...65_535)
        try Self.check("gRPC port", self.grpcPort, in: 0...65_535)
        try Self.check("TLS port", self.tlsPort ?? 0, in: 0...65_535)
        try Self.check("ready deadline in seconds", Int(self.readyDeadline.components.seconds), in: 1...600)
        try Self.check("stop grace in seconds", Int(self.stopGrace.components.seconds), in: 0...600)
        // The address becomes a word of nginx's configuration.
        let allowed = "0123456789abcdefABCDEF.:[]"
        guard !self.listenAddress.isEmpty, self.listenAddress.allSatisfy({ allowed.contains($0) }) else {
            throw .outOfRange("the listen address is an IP address, IPv6 in brackets, not \(self.listenAddress)")
        }
    }

    private static func check(_ name: String, _ value: Int, in range: ClosedRange<Int>) throws(DevError) {
        guard range.contains(value) else { throw .outOfRange("\(name) is \(value), and may be \(range)") }
    }
}
