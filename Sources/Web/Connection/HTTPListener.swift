package import HummingbirdCore
package import Logging
package import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOHTTPTypesHTTP1
import NIOHTTPTypesHTTP2
import NIOSSL
import Synchronization
import TLS

/// How Hummingbird's server sets up each connection of ours.
///
/// The connection preface selects HTTP/2; everything else is HTTP/1.1, which is like Hummingbird's own channel, with
/// ``HTTPConnectionChannelHandler`` in the place of its connection state handler, before the HTTP types are made, so
/// that hot requests cost neither those nor a task. With a certificate all of that is inside of TLS.
package struct HTTPListener: ServerChildChannel, HTTPChannelHandler {
    package typealias Value = HTTPConnection

    package let responder: HTTPChannelHandler.Responder
    let configuration: WebConfiguration
    let hotRoutes: [any HotRoute]
    let observer: RequestObserver
    let drain: DrainSignal
    let access: (any AccessGuard)?
    let owned: [OwnedPaths]
    private let certificate: ServerCertificate?
    let room: ConnectionRoom
    private let loops = LoopStore()
    private let executors = LoopTaskExecutors()

    init(
        responder: @escaping HTTPChannelHandler.Responder,
        configuration: WebConfiguration,
        hotRoutes: [any HotRoute],
        observer: RequestObserver,
        drain: DrainSignal,
        access: (any AccessGuard)?,
        owned: [OwnedPaths],
        certificate: ServerCertificate?,
        room: ConnectionRoom
    ) {
        self.responder = responder
        self.configuration = configuration
        self.hotRoutes = hotRoutes
        self.observer = observer
        self.drain = drain
        self.access = access
        self.owned = owned
        self.certificate = certificate
        self.room = room
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTPConnection> {
        channel.eventLoop.makeCompletedFuture {
            let spoken = channel.eventLoop.makePromise(of: HTTPConnection.Spoken.self)
            let pipeline = channel.pipeline.syncOperations
            if let certificate = self.certificate {
                try pipeline.addHandler(NIOSSLServerHandler(context: certificate.context))
            }
            try pipeline.addHandler(HTTPProtocolChannelHandler(self, spoken: spoken, logger))
            return HTTPConnection(channel: channel, spoken: spoken.futureResult)
        }
    }

    var usesTLS: Bool { self.certificate != nil }

    /// The connections of this event loop.
    func roster(on eventLoop: any EventLoop) -> ConnectionRoster { self.loops.loop(for: self, on: eventLoop).roster }

    func setUpHTTP1(_ channel: any Channel) throws -> HTTPConnection.Spoken {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = self.configuration.headerFieldLimit
        limits.maxHeaderListSize = self.configuration.headerListLimit
        limits.maxHeaderFieldCount = self.configuration.headerCountLimit
        let pipeline = channel.pipeline.syncOperations
        try pipeline.configureHTTPServerPipeline(
            withPipeliningAssistance: false,
            withErrorHandling: false,
            withOutboundHeaderValidation: false,
            withEncoderConfiguration: .init(),
            withDecoderLimitConfiguration: limits
        )
        try pipeline.addHandler(HTTPConnectionChannelHandler(self.loops.loop(for: self, on: channel.eventLoop)))
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: self.usesTLS))
        try pipeline.addHandler(WholeRequestChannelHandler())
        return .http1(
            try NIOAsyncChannel(
                wrappingChannelSynchronously: channel,
                configuration: .init(isOutboundHalfClosureEnabled: true)
            )
        )
    }

    func setUpHTTP2(_ channel: any Channel) throws -> HTTPConnection.Spoken {
        let loop = self.loops.loop(for: self, on: channel.eventLoop)
        let connection = HTTP2ConnectionChannelHandler(loop)
        let bound = NIOLoopBound((connection, loop), eventLoop: channel.eventLoop)
        let pipeline = channel.pipeline.syncOperations
        let streams = try pipeline.configureAsyncHTTP2Pipeline(
            mode: .server,
            streamDelegate: HTTP2StreamCounter(connection, eventLoop: channel.eventLoop),
            frameDelegate: connection,
            configuration: self.configuration.http2
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                let (connection, loop) = bound.value
                try stream.pipeline.syncOperations.addHandler(HTTP2HeadChannelHandler())
                try stream.pipeline.syncOperations.addHandler(HTTP2FramePayloadToHTTPServerCodec())
                try stream.pipeline.syncOperations.addHandler(HTTP2StreamChannelHandler(loop, connection))
                try stream.pipeline.syncOperations.addHandler(WholeRequestChannelHandler())
                return try HTTPConnection.Exchange(wrappingChannelSynchronously: stream)
            }
        }
        try pipeline.addHandler(connection)
        return .http2(streams)
    }

    package func handle(value: HTTPConnection, logger: Logger) async {
        await withTaskExecutorPreference(self.executors.executor(of: value.channel.eventLoop)) {
            // It fails when the connection ends before anybody knows what it speaks.
            guard let spoken = try? await value.spoken.get() else { return }
            switch spoken {
            case .http1(let exchange): await self.handleHTTP(asyncChannel: exchange, logger: logger)
            case .http2(let streams):
                await withDiscardingTaskGroup { group in
                    do {
                        for try await stream in streams.inbound {
                            group.addTask { await self.handle(stream, logger) }
                        }
                    } catch {
                        // The connection broke; its handler closes it, and with it each stream.
                    }
                }
            }
        }
    }

    /// One request of HTTP/2, whose work is cancelled when its client gives it up.
    private func handle(_ stream: HTTPConnection.Exchange, _ logger: Logger) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.handleHTTP(asyncChannel: stream, logger: logger) }
            // A channel's end is never an error, and comes after whatever else ends.
            try? await stream.channel.closeFuture.get()
            group.cancelAll()
        }
    }
}

/// The ``HTTPConnectionLoop`` of each event loop, made by the first connection on it.
private final class LoopStore: Sendable {
    private let loops = Mutex<[ObjectIdentifier: NIOLoopBound<HTTPConnectionLoop>]>([:])

    func loop(for listener: HTTPListener, on eventLoop: any EventLoop) -> HTTPConnectionLoop {
        let key = ObjectIdentifier(eventLoop)
        if let bound = self.loops.withLock({ $0[key] }) { return bound.value }
        // Only this event loop makes the entry of its own key, so nothing can come between.
        let made = NIOLoopBound(HTTPConnectionLoop(listener, eventLoop: eventLoop), eventLoop: eventLoop)
        listener.room.add(NIOLoopBound(made.value.roster, eventLoop: eventLoop))
        self.loops.withLock { $0[key] = made }
        return made.value
    }
}
