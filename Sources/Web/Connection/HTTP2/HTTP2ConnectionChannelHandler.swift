import NIOCore
import NIOHTTP2

/// Carries out on an HTTP/2 connection what ``HTTP2ConnectionMachine`` decides; its streams have handlers of their own.
final class HTTP2ConnectionChannelHandler: ChannelDuplexHandler, NIOHTTP2FrameDelegate, YieldingConnection {
    typealias InboundIn = HTTP2Frame
    typealias InboundOut = HTTP2Frame
    typealias OutboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private var machine: HTTP2ConnectionMachine
    private var backlog = AnswerBacklog()
    private let configuration: WebConfiguration
    private let roster: ConnectionRoster
    private let room: ConnectionRoom
    private var streams: [Int: HTTP2StreamChannelHandler] = [:]
    /// When the client was told that the connection is being left.
    private var leavingSince: UInt64?
    private var context: ChannelHandlerContext?
    private var timer: (task: Scheduled<Void>, at: UInt64)?
    /// Whether we told the client of an error that ends the connection.
    private var hasFailed = false
    private static let leavingPing = HTTP2PingData(withInteger: 1)
    private static let lifePing = HTTP2PingData(withInteger: 2)

    init(_ loop: HTTPConnectionLoop) {
        let configuration = loop.configuration
        self.configuration = configuration
        self.roster = loop.roster
        self.room = loop.room
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

    /// Opens no further streams; the open ones end in their own time.
    func leave() {
        self.leavingSince = self.leavingSince ?? Self.now
        self.carryOut(self.machine.leave(at: Self.now))
    }

    /// With streams open it is one that must not be closed, unless each of them only waits for the client.
    var spare: SpareConnection? {
        guard self.machine.openStreams > 0 else { return self.machine.spare }
        let slow = self.streams.values.compactMap(\.slowSince)
        guard self.backlog.count + slow.count == self.machine.openStreams else { return nil }
        let since = max(slow.max() ?? 0, self.backlog.newest ?? 0)
        return SpareConnection(self.backlog.count > 0 ? .unread : .slow, since: since)
    }

    func yield() {
        if self.machine.openStreams == 0 { self.leave() } else { self.context?.close(promise: nil) }
    }

    func dropUnread(since time: UInt64) {
        for stream in self.backlog.stalled(since: time) { self.streams[stream]?.giveUp() }
    }

    func opened(_ stream: HTTP2StreamID) {
        self.machine.opened(Int(stream), at: Self.now)
        self.armTimer()
    }

    func ended(_ stream: HTTP2StreamID) {
        self.room.answers.giveBack(self.backlog.ended(Int(stream)))
        self.carryOut(self.machine.ended(at: Self.now))
    }

    // MARK: What streams tell

    /// A request has come on a stream; returns whether there is a place for it.
    ///
    /// Every `true` is followed by one ``leave(_:)``.
    func enter(_ handler: HTTP2StreamChannelHandler, _ stream: Int) -> Bool {
        guard self.room.enterStream() else { return false }
        self.streams[stream] = handler
        return true
    }

    func leave(_ stream: Int) {
        guard self.streams.removeValue(forKey: stream) != nil else { return }
        self.room.leaveStream()
    }

    /// Bytes of an answer are ready to leave as soon as the client takes them; returns whether they may wait for that.
    func ready(_ stream: Int, bytes count: Int) -> Bool {
        let isTooMuch = self.backlog.bytes > 0 && self.backlog.bytes + count > self.configuration.connectionAnswerLimit
        guard !isTooMuch, self.room.takeAnswer(count) else { return false }
        self.backlog.ready(stream, bytes: count, at: Self.now)
        self.armTimer()
        return true
    }

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
        self.armTimer()
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: self.leave()
        // A client that has closed its side can give no more room for an answer, so it will get none.
        case ChannelEvent.inputClosed: context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func wroteFrame(_ frame: HTTP2Frame) {
        switch frame.payload {
        case .goAway(_, let code, _) where code != .noError: self.hasFailed = true
        case .data(let data):
            let count = data.data.readableBytes
            self.room.answers.giveBack(self.backlog.left(Int(frame.streamID), bytes: count, at: Self.now))
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The errors of streams come here too, and end nothing but their stream. The client was told of the
        // connection's own errors before; without that only a head that was packed in part leaves nothing to go on
        // with.
        let isOfStream = error is any NIOHTTP2Error && !(error is NIOHTTP2Errors.UnableToSerializeFrame)
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

    /// When the time of the stream that has waited longest for its client is over, if any waits.
    private var stallDeadline: UInt64? {
        guard let oldest = self.backlog.oldest else { return nil }
        guard let leavingSince = self.leavingSince else {
            return oldest &+ UInt64(self.configuration.idleTimeout.nanoseconds)
        }
        // A stop waits for who goes on taking, and not for ever for who takes a byte at a time.
        let patience = UInt64(self.configuration.leavingTimeout.nanoseconds)
        return min(max(oldest, leavingSince) &+ patience, leavingSince &+ 3 &* patience)
    }

    private func timerFired() {
        self.timer = nil
        let now = Self.now
        if let deadline = self.stallDeadline, now >= deadline {
            let limits = self.configuration
            let patience = self.leavingSince == nil ? limits.idleTimeout : limits.leavingTimeout
            let isLate = self.leavingSince.map { now >= $0 &+ 3 &* UInt64(patience.nanoseconds) } ?? false
            self.dropUnread(since: isLate ? now : now &- UInt64(patience.nanoseconds))
        }
        self.carryOut(self.machine.expired(at: Self.now))
    }

    /// One timer a connection, moved only when it would fire too late.
    private func armTimer() {
        let deadline = min(self.machine.deadline ?? .max, self.stallDeadline ?? .max)
        guard deadline < .max, let context = self.context else { return }
        if let timer = self.timer, timer.at <= deadline { return }
        self.timer?.task.cancel()
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let task = context.eventLoop.scheduleTask(deadline: .uptimeNanoseconds(deadline)) {
            bound.value.timerFired()
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

    func streamClosed(_ id: HTTP2StreamID, channel: any Channel) { self.connection.value.ended(id) }
}
