import Logging
import NIOCore
import NIOTLS

/// Reads the first bytes of a connection, and puts the handlers of the protocol that they are of in its own place.
///
/// Before a byte came the connection is idle; after the first one a head is on its way, and the head's deadline counts.
/// A handshake of TLS has that time too, from the connection's beginning.
final class HTTPProtocolChannelHandler: ChannelInboundHandler, RemovableChannelHandler, YieldingConnection {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let listener: HTTPListener
    private let spoken: EventLoopPromise<HTTPConnection.Spoken>
    private let logger: Logger
    private var bytes = ByteBuffer()
    /// Whether the protocol is known; passing the first bytes on may bring more bytes, and events, before this handler
    /// is gone.
    private var isDecided = false
    private var timer: Scheduled<Void>?
    private var context: ChannelHandlerContext?
    /// When the connection was made, or its first byte came.
    private var since = NIODeadline.now().uptimeNanoseconds
    /// Whether the service is being stopped.
    private var isLeaving = false

    /// `spoken` is kept when it is known what the connection speaks, or when it has ended before that.
    init(_ listener: HTTPListener, spoken: EventLoopPromise<HTTPConnection.Spoken>, _ logger: Logger) {
        self.listener = listener
        self.spoken = spoken
        self.logger = logger
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.listener.roster(on: context.eventLoop).add(self)
        let limits = self.listener.configuration
        self.closeConnection(in: self.listener.usesTLS ? limits.headDeadline : limits.idleTimeout, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.listener.roster(on: context.eventLoop).remove(self)
        self.timer?.cancel()
        (self.timer, self.context) = (nil, nil)
        // Of no effect when it was kept before.
        self.spoken.fail(ChannelError.eof)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.isDecided else { return context.fireChannelRead(data) }
        let isFirst = self.bytes.readableBytes == 0
        self.bytes.writeImmutableBuffer(self.unwrapInboundIn(data))
        let match = HTTP2Preface.match(self.bytes.readableBytesView)
        self.isDecided = match != .undecided
        do {
            switch match {
            case .undecided:
                if isFirst {
                    self.since = NIODeadline.now().uptimeNanoseconds
                    self.closeConnection(in: self.listener.configuration.headDeadline, context)
                }
                return
            case .http1: self.spoken.succeed(try self.listener.setUpHTTP1(context.channel))
            case .http2: self.spoken.succeed(try self.listener.setUpHTTP2(context.channel))
            }
        } catch {
            self.spoken.fail(error)
            context.close(promise: nil)
            return
        }
        if self.bytes.readableBytesView.starts(with: "HEAD ".utf8) {
            context.fireUserInboundEventTriggered(FirstMethod.head)
        }
        context.fireChannelRead(self.wrapInboundOut(self.bytes))
        // By HTTP/1.1 the first answer says that it is the last one.
        if self.isLeaving, match == .http2 { context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard !self.isDecided else { return context.fireUserInboundEventTriggered(event) }
        if case .handshakeCompleted = event as? TLSUserEvent {
            return self.closeConnection(in: self.listener.configuration.idleTimeout, context)
        }
        // Nothing is owed yet, and the client will never say more.
        if event as? ChannelEvent == .inputClosed { context.close(promise: nil) }
        if event is ChannelShouldQuiesceEvent { self.leave(context) }
    }

    /// The service is being stopped, but the first request may be on its way: closing now would reset it.
    private func leave(_ context: ChannelHandlerContext) {
        self.listener.drain.begin()
        self.closeConnection(in: self.listener.configuration.lingerTimeout, context)
        self.isLeaving = true
    }

    /// Mostly a handshake that came to nothing; the connection is closed by whoever says so.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.logger.debug("A connection failed before its first request", metadata: ["error": "\(error)"])
        context.fireErrorCaught(error)
    }

    var spare: SpareConnection? { SpareConnection(self.bytes.readableBytes == 0 ? .silent : .slow, since: self.since) }

    func yield() { self.context?.close(promise: nil) }

    /// Nothing was answered yet.
    func dropUnread(since time: UInt64) {}

    private func closeConnection(in time: TimeAmount, _ context: ChannelHandlerContext) {
        guard !self.isLeaving else { return }
        self.timer?.cancel()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        self.timer = context.eventLoop.scheduleTask(in: time) { bound.value.close(promise: nil) }
    }
}

/// The method that a connection begins with, for an answer to bytes that are no request: to HEAD it has no content.
enum FirstMethod {
    case head
}

@available(*, unavailable)
extension HTTPProtocolChannelHandler: Sendable {}
