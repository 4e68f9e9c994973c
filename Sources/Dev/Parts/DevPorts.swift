private import FoundationEssentials

/// The ports of all parts, as `run/ports.json` has them: all on 127.0.0.1, but nginx at its own address.
package struct DevPorts: Hashable, Sendable, Codable {
    /// nginx.
    package var http: Int
    /// nginx, for gRPC.
    package var grpc: Int
    /// nginx, with TLS; nil without.
    package var tls: Int?
    /// nginx, for probes and scrapers.
    package var status: Int
    /// With TLS when ``tls`` is there.
    package var redis: Int
    /// The local chain, or another one of this machine; nil when there is none.
    package var chain: Int?
    /// The public port of each instance.
    package var instances: [Int]
    /// The admin port of each instance, then of each worker.
    package var admin: [Int]

    package init(
        http: Int,
        grpc: Int,
        tls: Int? = nil,
        status: Int,
        redis: Int,
        instances: [Int],
        admin: [Int],
        chain: Int? = nil
    ) {
        self.http = http
        self.grpc = grpc
        self.tls = tls
        self.status = status
        self.redis = redis
        self.instances = instances
        self.admin = admin
        self.chain = chain
    }

    package init?(json: [UInt8]) {
        // A file that an earlier version or a torn write left is as good as none.
        guard let ports = try? JSONDecoder().decode(Self.self, from: Data(json)) else { return nil }
        self = ports
    }

    /// The ports of the `tally dev` whose folder this is; `nil` when there is none.
    package static func running(in directory: String) -> DevPorts? {
        guard let data = try? Data(contentsOf: URL(filePath: directory + "/run/ports.json")) else { return nil }
        return DevPorts(json: Array(data))
    }

    /// One line, keys in order, a newline at the end.
    package var json: String {
        let lists = [("admin", self.admin), ("instances", self.instances)].map { name, ports in
            "\"\(name)\":[\(ports.map(String.init).joined(separator: ","))]"
        }
        let chain = self.chain.map { "\"chain\":\($0)," } ?? ""
        let entry = "\"grpc\":\(self.grpc),\"http\":\(self.http)"
        let tls = self.tls.map { ",\"tls\":\($0)" } ?? ""
        let rest = "\"redis\":\(self.redis),\"status\":\(self.status)\(tls)"
        return "{\(lists[0]),\(chain)\(entry),\(lists[1]),\(rest)}\n"
    }

    /// Keeps what was used before as far as it is still free, and finds the rest.
    ///
    /// `hasChain` says whether a local chain needs one.
    package static func plan(
        for configuration: DevConfiguration,
        hasChain: Bool = false,
        earlier: DevPorts?,
        finder: PortFinder
    ) async throws(DevError) -> DevPorts {
        var taken: Set<Int> = []
        for port in [configuration.port, configuration.grpcPort, configuration.tlsPort ?? 0] where port != 0 {
            guard await finder.isFree(port, host: configuration.listenAddress), taken.insert(port).inserted else {
                throw .portInUse(port)
            }
        }
        var grpc = configuration.grpcPort
        if grpc == 0 { grpc = try await Self.pick([earlier?.grpc], &taken, finder) }
        var tls = configuration.tlsPort
        if tls == 0 { tls = try await Self.pick([earlier?.tls], &taken, finder) }
        let status = try await Self.pick([earlier?.status], &taken, finder)
        let redis = try await Self.pick([earlier?.redis], &taken, finder)
        let instances = try await Self.pick(earlier?.instances, count: configuration.instances, &taken, finder)
        let processes = configuration.instances + configuration.workers
        let admin = try await Self.pick(earlier?.admin, count: processes, &taken, finder)
        let chain = hasChain ? try await Self.pick([earlier?.chain], &taken, finder) : configuration.chain.port
        return DevPorts(
            http: configuration.port,
            grpc: grpc,
            tls: tls,
            status: status,
            redis: redis,
            instances: instances,
            admin: admin,
            chain: chain
        )
    }

    private static func pick(
        _ earlier: [Int]?,
        count: Int,
        _ taken: inout Set<Int>,
        _ finder: PortFinder
    ) async throws(DevError) -> [Int] {
        var ports: [Int] = []
        for index in 0..<count {
            let known = earlier.flatMap { $0.indices.contains(index) ? $0[index] : nil }
            ports.append(try await Self.pick([known], &taken, finder))
        }
        return ports
    }

    private static func pick(
        _ preferred: [Int?],
        _ taken: inout Set<Int>,
        _ finder: PortFinder
    ) async throws(DevError) -> Int {
        for port in preferred.compactMap({ $0 }) + finder.candidates() where !taken.contains(port) {
            guard finder.range.contains(port), await finder.isFree(port, host: "127.0.0.1") else { continue }
            taken.insert(port)
            return port
        }
        throw .noFreePort
    }
}
