package import HummingbirdCore
package import Logging
package import NIOCore
import NIOHTTP1
package import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import Synchronization

/// How Hummingbird's server sets up each connection of ours.
///
/// Like Hummingbird's own HTTP/1.1 channel, with ``HTTPConnectionChannelHandler`` in the place of its connection state
/// handler, before the HTTP types are made, so that hot requests cost neither those nor a task.
package struct HTTPListener: ServerChildChannel, HTTPChannelHandler {
    package typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    package let responder: HTTPChannelHandler.Responder
    let configuration: WebConfiguration
    let hotRoutes: [any HotRoute]
    let observer: RequestObserver
    let drain: DrainSignal
    private let loops = LoopStore()
    private let executors = LoopTaskExecutors()

    init(
        responder: @escaping HTTPChannelHandler.Responder,
        configuration: WebConfiguration,
        hotRoutes: [any HotRoute],
        observer: RequestObserver,
        drain: DrainSignal
    ) {
        self.responder = responder
        self.configuration = configuration
        self.hotRoutes = hotRoutes
        self.observer = observer
        self.drain = drain
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
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
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            return try NIOAsyncChannel(
                wrappingChannelSynchronously: channel,
                configuration: .init(isOutboundHalfClosureEnabled: true)
            )
        }
    }

    package func handle(value: Value, logger: Logger) async {
        await withTaskExecutorPreference(self.executors.executor(of: value.channel.eventLoop)) {
            await self.handleHTTP(asyncChannel: value, logger: logger)
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
        self.loops.withLock { $0[key] = made }
        return made.value
    }
}
