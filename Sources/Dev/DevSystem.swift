private import SystemPackage
private import UnixSignals

/// A whole system on one machine, kept running until it is told to stop.
///
/// It is a private Redis, a local chain, instances, workers and nginx.
package struct DevSystem: Sendable {
    private let configuration: DevConfiguration

    package init(configuration: DevConfiguration) {
        self.configuration = configuration
    }

    /// Starts everything, prints what runs where, and returns when SIGINT, SIGTERM or SIGHUP has stopped everything.
    ///
    /// It takes those three signals over for the whole process. A second one kills what is left, and throws
    /// ``DevError/killed``. Whatever happens, no child is left when this ends, also when this process is killed.
    package func run() async throws(DevError) {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        let (stops, stop) = AsyncStream.makeStream(of: Void.self)
        let result = await withTaskGroup(of: Void.self) { group -> Result<Void, DevError> in
            group.addTask {
                for await _ in signals { stop.yield() }
            }
            defer { group.cancelAll() }
            do throws(DevError) {
                return .success(try await self.run(stops: stops, say: Self.print))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// The same, stopped by the first element of `stops` and killed by the second; `say` takes the lines to print.
    package func run(
        stops: some AsyncSequence<Void, Never> & Sendable,
        say: @escaping @Sendable (String) -> Void
    ) async throws(DevError) {
        try self.configuration.validate()
        let setpriv = try Programs.find("setpriv", package: "util-linux")
        let tally = try Programs.tally(self.configuration.executable)
        let programs = DevChildren.Programs(
            redis: try Programs.find("redis-server", package: "redis-server"),
            nginx: try Programs.find("nginx", package: "nginx"),
            tally: tally,
            chain: self.chain(executable: tally)
        )
        let directory = try DevDirectory.open(self.configuration.directory, fresh: self.configuration.fresh)
        let ports = try await DevPorts.plan(
            for: self.configuration,
            hasChain: programs.chain != nil,
            earlier: directory.read("ports.json").flatMap { DevPorts(json: $0) },
            finder: PortFinder()
        )
        // Outside of run/, which is emptied at each start: the next start wants the same ports.
        try directory.write(ports.json, to: "ports.json")
        try directory.write(ports.json, to: "run/ports.json")
        let certificates = try await self.certificates(in: directory.file("tls"))
        let nginx = NginxConfiguration(self.configuration, ports: ports, certificates: certificates)
        try directory.write(nginx.text, to: "nginx/nginx.conf")

        let children = DevChildren(
            self.configuration,
            ports: ports,
            programs: programs,
            root: directory.path,
            certificates: certificates
        )
        let supervisor = Supervisor(
            children: children.all,
            setpriv: setpriv,
            readyDeadline: self.configuration.readyDeadline,
            say: say
        )
        let table = DevTable(
            self.configuration,
            ports: ports,
            chain: programs.chain,
            root: directory.path
        )
        try await supervisor.run(stops: stops) { for line in table.lines { say(line) } }
        extendLifetime(directory)
    }

    private func certificates(in folder: String) async throws(DevError) -> DevCertificates? {
        guard self.configuration.tlsPort != nil else { return nil }
        let openssl = try Programs.find("openssl", package: "openssl")
        return try await DevCertificates.make(
            in: folder,
            openssl: openssl,
            address: self.configuration.listenAddress
        )
    }

    private func chain(executable: String) -> DevChainProgram? {
        guard self.configuration.chain == .local else { return nil }
        return DevChainProgram.find(
            self.configuration.chainOptions,
            folder: self.configuration.chainFolder,
            executable: executable
        )
    }

    /// Past the buffer of the standard library: a reader at the other end of a pipe waits for these lines.
    private static let print: @Sendable (String) -> Void = { line in
        // When nobody reads, there is nobody to tell.
        _ = try? FileDescriptor.standardOutput.writeAll("\(line)\n".utf8)
    }
}
