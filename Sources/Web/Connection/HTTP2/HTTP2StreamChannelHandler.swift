import HTTPTypes
import NIOCore
import NIOHTTP2
import NIOHTTPTypes
import NIOHTTPTypesHTTP2

/// Carries out on a stream what ``HTTP2StreamMachine`` decides.
///
/// It sets the gate and the limits that ``HTTPConnectionChannelHandler`` sets for requests of HTTP/1.1.
final class HTTP2StreamChannelHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let loop: HTTPConnectionLoop
    private let connection: HTTP2ConnectionChannelHandler
    private var machine: HTTP2StreamMachine
    private var requestID: String?
    /// Whether the body is a series of messages, whose pauses mean nothing.
    private var isSeries = false
    private var timer: Scheduled<Void>?
    /// When the time for the body, or for its next message, is over.
    private var deadline = NIODeadline.distantFuture

    init(_ loop: HTTPConnectionLoop, _ connection: HTTP2ConnectionChannelHandler) {
        self.loop = loop
        self.connection = connection
        self.machine = HTTP2StreamMachine(bodyLimit: loop.configuration.bodyLimit)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.timer?.cancel()
        self.timer = nil
    }

    // MARK: The request

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let request): self.read(request, data, context)
        case .body(let bytes):
            self.moved()
            switch self.machine.received(bodyBytes: bytes.readableBytes) {
            case .forward: context.fireChannelRead(data)
            case .discard: break
            case .refuse(let refusal): self.refuse(refusal, .payloadTooLarge, context)
            }
        case .end:
            self.timer?.cancel()
            self.timer = nil
            if self.machine.receivedEnd() { context.fireChannelRead(data) }
        }
    }

    private func read(_ request: HTTPRequest, _ data: NIOAny, _ context: ChannelHandlerContext) {
        guard self.machine.receivedHead() else { return }
        let survey = RequestSurvey(request)
        self.requestID = survey.requestID
        self.isSeries = Self.isSeries(request.headerFields[.contentType])
        if self.loop.drain.isDraining { self.connection.leave() }
        switch self.loop.gate.judge(request, survey) {
        case .refuse(let problem): self.refuse(self.machine.refuse(), problem, context, isHead: request.method == .head)
        case .admit:
            if survey.expectation != nil {
                context.writeAndFlush(self.wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
            self.deadline = .now() + self.bodyTime
            context.fireChannelRead(data)
        }
    }

    /// gRPC of any kind, and Connect's streams: their messages come when there is something to say.
    private static func isSeries(_ contentType: String?) -> Bool {
        guard let contentType else { return false }
        return contentType.hasPrefix("application/grpc") || contentType.hasPrefix("application/connect+")
    }

    private var bodyTime: TimeAmount {
        self.isSeries ? self.loop.configuration.idleTimeout : self.loop.configuration.bodyDeadline
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if self.machine.request == .reading, self.timer == nil { self.armTimer(context) }
        context.fireChannelReadComplete()
    }

    // MARK: The answer

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var part = self.unwrapOutboundIn(data)
        let kind: HTTP2StreamMachine.Part
        switch part {
        case .head(var head):
            kind = head.status.kind == .informational ? .interim : .head
            // These fields are of HTTP/1.1 connections, and an error in HTTP/2 (RFC 9113, section 8.2.2).
            head.headerFields[.connection] = nil
            head.headerFields[.transferEncoding] = nil
            part = .head(head)
        case .body: kind = .body
        case .end: kind = .end
        }
        guard self.machine.produced(kind) else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        self.moved()
        guard kind == .end, self.machine.request != .ended else {
            context.write(self.wrapOutboundOut(part), promise: promise)
            return
        }
        let written = promise ?? context.eventLoop.makePromise()
        self.stopRequest(after: written, context)
        context.write(self.wrapOutboundOut(part), promise: written)
    }

    private func refuse(
        _ refusal: HTTP2StreamMachine.Refusal,
        _ problem: Problem,
        _ context: ChannelHandlerContext,
        isHead: Bool = false
    ) {
        guard refusal != .none else { return }
        let requestID = self.requestID ?? self.loop.makeRequestID()
        self.loop.observer.observeRefused(problem, requestID: requestID)
        guard refusal == .answer else {
            context.close(promise: nil)
            return
        }
        let body = ByteBuffer(string: problem.body(requestID: requestID))
        var head = HTTPResponse(status: problem.status, headerFields: problem.fields)
        head.headerFields[.contentLength] = String(body.readableBytes)
        head.headerFields[.date] = self.loop.httpDate()
        head.headerFields[.requestID] = requestID
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        if !isHead { context.write(self.wrapOutboundOut(.body(body)), promise: nil) }
        let written = context.eventLoop.makePromise(of: Void.self)
        self.stopRequest(after: written, context)
        context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: written)
    }

    /// Tells the client not to send the rest of its request, when its answer has left (RFC 9113, section 8.1).
    private func stopRequest(after written: EventLoopPromise<Void>, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        written.futureResult.whenSuccess {
            let (handler, context) = bound.value
            guard handler.machine.request != .ended, context.channel.isActive else { return }
            context.triggerUserOutboundEvent(NIOHTTP2FramePayloadToHTTPEvent.reset(code: .noError), promise: nil)
        }
    }

    // MARK: Time and the end

    /// A series may go on for as long as anything of it moves.
    private func moved() {
        if self.isSeries { self.deadline = .now() + self.bodyTime }
    }

    private func armTimer(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        self.timer = context.eventLoop.scheduleTask(deadline: self.deadline) {
            let (handler, context) = bound.value
            handler.timerFired(context)
        }
    }

    private func timerFired(_ context: ChannelHandlerContext) {
        self.timer = nil
        guard self.machine.request == .reading else { return }
        if self.deadline > .now() {
            self.armTimer(context)
        } else {
            self.refuse(self.machine.refuse(), .requestTimeout, context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // The connection leaves; this stream ends in its own time.
        if event is ChannelShouldQuiesceEvent { return }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Fields that HTTP/2 lets pass and HTTP does not.
        if self.machine.request == .awaited, context.channel.isActive {
            _ = self.machine.receivedHead()
            self.refuse(self.machine.refuse(), .malformedRequest, context)
        } else {
            context.fireErrorCaught(error)
        }
    }
}

@available(*, unavailable)
extension HTTP2StreamChannelHandler: Sendable {}
