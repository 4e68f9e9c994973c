import NIOCore
import NIOHTTP2

/// Carries out on an HTTP/2 connection what ``HTTP2ConnectionMachine`` decides; its streams have handlers of their own.
final class HTTP2ConnectionChannelHandler: ChannelDuplexHandler, NIOHTTP2FrameDelegate, YieldingConnection {
    typealias InboundIn = HTTP2Frame
    typealias InboundOut = HTTP2Frame
    typealias OutboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private var machine: HTTP2ConnectionMachine
    private let roster: ConnectionRoster
    private var context: ChannelHandlerContext?
    private var timer: (task: Scheduled<Void>, at: UInt64)?
    /// Whether we told the client of an error that ends the connection.
    private var hasFailed = false
    /// Whether a stream was reset in this turn of reading.
    private var hasReset = false
    private static let leavingPing = HTTP2PingData(withInteger: 1)
    private static let lifePing = HTTP2PingData(withInteger: 2)

    init(_ configuration: WebConfiguration, _ roster: ConnectionRoster) {
        self.roster = roster
        self.machine = HTTP2ConnectionMachine(
            HTTP2ConnectionMachine.Limits(
                greeting: UInt64(configuration.headDeadline.nanoseconds),
                idle: UInt64(configuration.idleTimeout.nanoseconds),
                ping: UInt64(configuration.pingInterval.nanoseconds),
                pingTimeout: UInt64(configuration.pingTimeout.nanoseconds),
                leaving: UInt64(configuration.lingerTimeout.nanoseconds)
            ),
            now: NIODeadline.now().uptimeNanoseconds
        )
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.roster.add(self)
        self.armTimer()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.roster.remove(self)
        self.timer?.task.cancel()
        self.timer = nil
        self.context = nil
    }

    /// Opens no further streams; those that are open end in their own time.
    func leave() { self.carryOut(self.machine.leave(at: Self.now)) }

    var spare: SpareConnection? { self.machine.spare }

    func yield() { self.leave() }

    func opened(_ stream: HTTP2StreamID) {
        self.machine.opened(Int(stream), at: Self.now)
        self.armTimer()
    }

    func ended() { self.carryOut(self.machine.ended(at: Self.now)) }

    // MARK: What comes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data).payload {
        case .settings: self.machine.greeted(at: Self.now)
        case .ping(let data, true) where data == Self.leavingPing: self.carryOut(self.machine.told())
        default: break
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.machine.heard(at: Self.now)
        self.hasReset = false
        self.armTimer()
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: self.leave()
        // Who cannot say any more that it has room for an answer will get none.
        case ChannelEvent.inputClosed: context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func wroteFrame(_ frame: HTTP2Frame) {
        switch frame.payload {
        case .goAway(_, let code, _) where code != .noError: self.hasFailed = true
        case .rstStream: self.hasReset = true
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The errors of streams come here too, and end nothing but their stream.
        let isOfStream = self.hasReset || error is NIOHTTP2Errors.StreamError || error is NIOHTTP2Errors.NoSuchStream
        if self.hasFailed || !isOfStream { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.machine.closed()
        self.timer?.task.cancel()
        self.timer = nil
        context.fireChannelInactive()
    }

    // MARK: What is done

    private static var now: UInt64 { NIODeadline.now().uptimeNanoseconds }

    private func carryOut(_ action: HTTP2ConnectionMachine.Action) {
        guard let context = self.context else { return }
        switch action {
        case .none: break
        case .ping: self.send([.ping(Self.lifePing, ack: false)], context)
        case .sayLeaving:
            let goAway = HTTP2Frame.FramePayload.goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil)
            self.send([goAway, .ping(Self.leavingPing, ack: false)], context)
        case .sayLeft(let stream): self.sayLeft(stream, context)
        case .sayLeftAndClose(let stream):
            self.sayLeft(stream, context)
            self.closeSoon(context)
        case .close: self.closeSoon(context)
        }
        self.armTimer()
    }

    private func sayLeft(_ stream: Int, _ context: ChannelHandlerContext) {
        let last = HTTP2StreamID(stream)
        self.send([.goAway(lastStreamID: last, errorCode: .noError, opaqueData: nil)], context)
    }

    private func send(_ payloads: [HTTP2Frame.FramePayload], _ context: ChannelHandlerContext) {
        for payload in payloads {
            context.write(self.wrapOutboundOut(HTTP2Frame(streamID: .rootStream, payload: payload)), promise: nil)
        }
        context.flush()
    }

    /// Closes in the next turn of the loop: the last frame of the last stream is written, but may not be flushed yet.
    private func closeSoon(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.eventLoop.execute { bound.value.close(promise: nil) }
    }

    /// One timer a connection, moved only when it would fire too late.
    private func armTimer() {
        guard let deadline = self.machine.deadline, let context = self.context else { return }
        if let timer = self.timer, timer.at <= deadline { return }
        self.timer?.task.cancel()
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let task = context.eventLoop.scheduleTask(deadline: .uptimeNanoseconds(deadline)) {
            let handler = bound.value
            handler.timer = nil
            handler.carryOut(handler.machine.expired(at: Self.now))
        }
        self.timer = (task, deadline)
    }
}

@available(*, unavailable)
extension HTTP2ConnectionChannelHandler: Sendable {}

/// Tells the connection's handler of its streams.
struct HTTP2StreamCounter: NIOHTTP2StreamDelegate {
    private let connection: NIOLoopBound<HTTP2ConnectionChannelHandler>

    init(_ connection: HTTP2ConnectionChannelHandler, eventLoop: any EventLoop) {
        self.connection = NIOLoopBound(connection, eventLoop: eventLoop)
    }

    func streamCreated(_ id: HTTP2StreamID, channel: any Channel) { self.connection.value.opened(id) }

    func streamClosed(_ id: HTTP2StreamID, channel: any Channel) { self.connection.value.ended() }
}
