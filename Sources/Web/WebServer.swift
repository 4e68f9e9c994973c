import Hummingbird
import HummingbirdCore
package import Logging
package import NIOCore
import ServiceLifecycle
package import TLS

/// One HTTP listener as a service: it serves until graceful shutdown, then finishes what runs.
package struct WebServer: Service {
    private let configuration: WebConfiguration
    private let router: WebRouter
    private let hotRoutes: [any HotRoute]
    private let observer: RequestObserver
    private let drain: DrainSignal
    private let access: (any AccessGuard)?
    private let certificate: ServerCertificate?
    private let listener: String
    private let eventLoopGroup: any EventLoopGroup
    private let logger: Logger
    private let beforeBinding: @Sendable () async -> Void
    private let onBound: @Sendable (Int) -> Void

    /// Without `access` everybody may do everything.
    ///
    /// Connections are accepted once `beforeBinding` has returned; `onBound` is told the port then.
    ///
    /// With a `certificate` the port speaks TLS and nothing else. `listener` is what metrics call it.
    package init(
        configuration: WebConfiguration,
        router: WebRouter,
        hotRoutes: [any HotRoute] = [],
        observer: RequestObserver,
        drain: DrainSignal,
        access: (any AccessGuard)? = nil,
        certificate: ServerCertificate? = nil,
        listener: String = "public",
        eventLoopGroup: any EventLoopGroup,
        logger: Logger,
        beforeBinding: @escaping @Sendable () async -> Void = {},
        onBound: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.router = router
        self.hotRoutes = hotRoutes
        self.observer = observer
        self.drain = drain
        self.access = access
        self.certificate = certificate
        self.listener = listener
        self.eventLoopGroup = eventLoopGroup
        self.logger = logger
        self.beforeBinding = beforeBinding
        self.onBound = onBound
    }

    package func run() async throws {
        await self.beforeBinding()
        let configuration = self.configuration
        let (hotRoutes, observer, drain, loops) = (self.hotRoutes, self.observer, self.drain, self.eventLoopGroup)
        let (access, certificate, owned) = (self.access, self.certificate, self.router.owned)
        let responder = self.router.makeResponder(observer: observer, configuration: configuration, access: access)
        let room = ConnectionRoom(self.listener, configuration, logger: self.logger)
        let answers = RoutedAnswers(responder, logger: self.logger)
        let application = Application(
            responder: responder,
            server: HTTPServerBuilder { _ in
                HTTPListener(
                    responder: { try await answers.answer($0, $1, $2) },
                    configuration: configuration,
                    hotRoutes: hotRoutes,
                    observer: observer,
                    drain: drain,
                    access: access,
                    owned: owned,
                    certificate: certificate,
                    room: room
                )
            },
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                backlog: 4096,
                availableConnectionsDelegate: room
            ),
            onServerRunning: { channel in
                // Without it a stop may reset what was just connected; that is no reason not to run.
                try? await channel.eventLoop.submit {
                    try channel.pipeline.syncOperations.addHandler(ListenerEndChannelHandler(loops: loops))
                }
                .get()
                self.onBound(channel.localAddress?.port ?? configuration.port)
            },
            eventLoopGroupProvider: .shared(self.eventLoopGroup),
            logger: self.logger
        )
        try await application.run()
    }
}
