import CoreMetrics
import Glibc
import Logging
import Redis
import ServiceLifecycle
import TLS
import Telemetry
import Timing
import UnixSignals
import Web

/// One running `tally serve` or `tally work`.
package struct AppProcess: Sendable {
    /// The process's part beyond what every process does.
    package enum Role: Hashable, Sendable {
        case serve
        case work
        case serveWithWorkers
    }

    private let role: Role
    private let configuration: AppConfiguration

    package init(_ role: Role, _ configuration: AppConfiguration) {
        self.role = role
        self.configuration = configuration
    }

    /// Runs until a signal says to stop, then drains and returns.
    ///
    /// Throws when it cannot start or a part of it fails.
    package func run() async throws {
        ProcessLimits.ignoreBrokenPipes()
        ProcessLimits.forbidMemoryDumps()
        let budget = try self.descriptorBudget()
        var configuration = self.configuration
        if self.role != .work { configuration.web.connectionLimit = budget.connections }
        configuration.admin.connectionLimit = budget.adminConnections
        let registry = PrometheusRegistry()
        MetricDescriptions.describe(in: registry)
        registry.setBuild(version: Version.number, swift: Version.swift, commit: Version.commit)
        Telemetry.bootstrap(
            level: self.configuration.logLevel,
            instance: self.configuration.instance,
            metrics: registry
        )
        let senderKeys = self.role == .serve ? [] : try self.configuration.faucet.keys()
        let certificate = try self.certificate()
        // A fault of the files should be told here, and not once the parts have started.
        _ = try RedisDialer(self.configuration.redis)
        var composition = Composition(configuration, registry: registry, senderKeys: senderKeys)
        composition.certificate = certificate
        composition.logger.notice(
            "Starting",
            metadata: [
                "role": "\(self.role)", "version": "\(Version.number)", "threads": "\(self.configuration.threads)",
            ]
        )
        self.warn(budget, composition.logger)
        self.warnOfFormerWords(composition.logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: self.services(composition).map { .init(service: $0) },
                logger: Logger(label: "tally.lifecycle")
            )
        )
        try await self.run(group, composition.logger)
        composition.logger.notice("Stopped")
    }

    /// Of the public listener, which workers do not have.
    private func certificate() throws(TLSError) -> ServerCertificate? {
        guard self.role != .work, let files = self.configuration.tls else { return nil }
        return try ServerCertificate(files, logger: Logger(label: "tally.http"))
    }

    /// A worker has no public listener, and so all the more for calls of its own.
    private func descriptorBudget() throws(ProcessLimits.Failure) -> DescriptorBudget {
        let connections = self.role == .work ? 0 : self.configuration.web.connectionLimit
        let admin = self.configuration.admin.connectionLimit
        return try DescriptorBudget(
            connections: connections,
            adminConnections: admin,
            limit: ProcessLimits.raiseDescriptors(to: connections + admin + DescriptorBudget.others),
            hasOutbound: self.role != .serve
        )
    }

    private func warn(_ budget: DescriptorBudget, _ logger: Logger) {
        guard budget.isLowered else { return }
        logger.warning(
            "Fewer connections than http.connectionLimit: raise the limit of open files (ulimit -n, LimitNOFILE=)",
            metadata: [
                "connections": "\(budget.connections)", "admin_connections": "\(budget.adminConnections)",
                "wanted": "\(self.configuration.web.connectionLimit)",
            ]
        )
    }

    private func warnOfFormerWords(_ logger: Logger) {
        for word in self.configuration.formerWords {
            logger.warning(
                "A setting has a word of the version before: the next version does not understand it",
                metadata: [
                    "setting": "\(word.setting)", "source": "\(word.source)", "old": "\(word.written)",
                    "new": "\(word.today)",
                ]
            )
        }
    }

    private func services(_ composition: Composition) -> [any Service] {
        var services = composition.foundation
        if self.role != .serve { services += composition.roles }
        services.append(composition.admin(listens: self.role != .work))
        if self.role != .work { services += composition.listener }
        services.append(MemoryReturn(logger: composition.logger))
        services.append(
            DrainService(
                drain: composition.drain,
                // Nobody sends requests to a worker: it has nothing to wait for.
                delay: self.role == .work ? .zero : self.configuration.drainDelay,
                logger: composition.logger
            )
        )
        return services
    }

    /// The first signal drains, the second ends the process at once, and so does a drain that takes too long.
    private func run(_ group: ServiceGroup, _ logger: Logger) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let limit = self.configuration.drainDelay + self.configuration.drainLimit
        let watch = Task {
            var count = 0
            for await signal in signals {
                count += 1
                guard count == 1 else {
                    logger.warning("Ending at once", metadata: ["signal": "\(signal)"])
                    exit(1)
                }
                await group.triggerGracefulShutdown()
                Task {
                    try await Task.sleep(for: limit, clock: .loop)
                    logger.error("Draining took too long, ending now")
                    exit(1)
                }
            }
        }
        defer { watch.cancel() }
        try await group.run()
    }
}
