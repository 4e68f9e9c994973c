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
    private var newest: NewestRequest?
    /// The parts of an early answer that wait for the rest of its request.
    private var waiting: [(part: HTTPResponsePart, promise: EventLoopPromise<Void>?)] = []
    /// The time until which it waits, whatever comes.
    private var holdEnd = NIODeadline.distantFuture
    /// Whether the body is a series of messages, whose pauses mean nothing.
    private var isSeries = false
    private var timer: Scheduled<Void>?
    private var context: ChannelHandlerContext?
    private var stream = 0
    /// When the head came.
    private var since: UInt64 = 0
    /// When the time for the body, or for its next message, is over.
    private var deadline = NIODeadline.distantFuture

    init(_ loop: HTTPConnectionLoop, _ connection: HTTP2ConnectionChannelHandler) {
        self.loop = loop
        self.connection = connection
        self.machine = HTTP2StreamMachine(bodyLimit: loop.configuration.bodyLimit)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.connection.leave(self.stream)
        self.timer?.cancel()
        (self.timer, self.context) = (nil, nil)
        for (_, promise) in self.waiting { promise?.fail(ChannelError.ioOnClosedChannel) }
        self.waiting = []
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.connection.leave(self.stream)
        context.fireChannelInactive()
    }

    // MARK: Giving way

    /// The time since which only the rest of the client's own request is waited for.
    var slowSince: UInt64? { self.machine.request == .reading && self.machine.answer == .owed ? self.since : nil }

    private func reset(_ code: NIOHTTP2.HTTP2ErrorCode, _ context: ChannelHandlerContext) {
        context.triggerUserOutboundEvent(NIOHTTP2FramePayloadToHTTPEvent.reset(code: code), promise: nil)
    }

    /// Resets the stream: its client does not take the answer.
    func giveUp() { self.context?.close(promise: nil) }

    // MARK: The request

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let request): self.read(request, data, context)
        case .body(let bytes):
            self.moved()
            defer { self.releaseWaiting(context) }
            switch self.machine.received(bodyBytes: bytes.readableBytes) {
            case .forward: context.fireChannelRead(data)
            case .discard: break
            case .refuse(let refusal): self.refuse(refusal, .payloadTooLarge, context)
            }
        case .end:
            self.timer?.cancel()
            self.timer = nil
            if self.machine.receivedEnd() { context.fireChannelRead(data) }
            self.releaseWaiting(context)
        }
    }

    private func read(_ request: HTTPRequest, _ data: NIOAny, _ context: ChannelHandlerContext) {
        let bodyLimit = self.loop.owner(of: request.path ?? "") == nil ? nil : Int.max
        guard self.machine.receivedHead(isHead: request.method == .head, bodyLimit: bodyLimit) else { return }
        let survey = RequestSurvey(request)
        let verdict = self.loop.judge(request, survey)
        self.newest = NewestRequest(request, survey, isAsked: verdict == .admit)
        self.requestID = survey.requestID
        self.since = NIODeadline.now().uptimeNanoseconds
        guard self.enter(context) else { return }
        self.isSeries = Self.isSeries(request.headerFields[.contentType])
        if self.loop.drain.isDraining { self.connection.leave() }
        switch verdict {
        case .refuse(let problem): self.refuse(self.machine.refuse(), problem, context)
        case .admit:
            if survey.expectation != nil {
                context.writeAndFlush(self.wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
            self.deadline = .now() + self.bodyTime
            context.fireChannelRead(data)
        }
    }

    /// Takes a place for the stream, or refuses it unprocessed, so that its client may ask elsewhere (RFC 9113, 8.7).
    private func enter(_ context: ChannelHandlerContext) -> Bool {
        // A stream that has no number was never opened.
        let id = try? context.channel.syncOptions?.getOption(HTTP2StreamChannelOptions.streamID)
        self.stream = Int(id ?? .rootStream)
        if self.connection.enter(self, self.stream) { return true }
        _ = self.machine.refuse()
        self.reset(.refusedStream, context)
        return false
    }

    /// gRPC of any kind, and Connect's streams: their messages come when there is something to say.
    private static func isSeries(_ contentType: String?) -> Bool {
        guard let contentType else { return false }
        let lowercased = contentType.lowercased()
        return lowercased.hasPrefix("application/grpc") || lowercased.hasPrefix("application/connect+")
    }

    private var bodyTime: TimeAmount {
        self.isSeries ? self.loop.configuration.idleTimeout : self.loop.configuration.bodyDeadline
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if self.machine.request == .reading, self.timer == nil { self.armTimer(context) }
        // The reader of the body may have stopped reading.
        if self.machine.isHolding { context.read() }
        context.fireChannelReadComplete()
    }

    // MARK: The answer

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var part = self.unwrapOutboundIn(data)
        let kind: HTTP2StreamMachine.Part
        switch part {
        case .head(var head):
            kind = head.status.kind == .informational ? .interim : .head(status: head.status.code)
            // These fields are of HTTP/1.1 connections, and an error in HTTP/2 (RFC 9113, section 8.2.2).
            head.headerFields[.connection] = nil
            head.headerFields[.transferEncoding] = nil
            let told = head.headerFields[.contentLength]
            head.headerFields[.contentLength] = AnswerContent.length(told, status: head.status.code)
            part = .head(head)
        case .body: kind = .body
        case .end: kind = .end
        }
        switch self.machine.produced(kind) {
        case .pass: break
        case .passWithoutContent where kind == .end: part = .end(nil)
        case .passWithoutContent:
            promise?.succeed()
            return
        case .drop:
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        self.moved()
        if case .head(let head) = part, kind != .interim, head.headerFields[.contentLength] != nil { self.holdBack() }
        self.send(part, promise, context)
    }

    /// Writes a part of the answer, or keeps it while the answer is early.
    private func send(_ part: HTTPResponsePart, _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext) {
        guard !self.machine.isHolding else {
            self.waiting.append((part, promise))
            return
        }
        if case .body(let bytes) = part, !self.connection.ready(self.stream, bytes: bytes.readableBytes) {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return self.reset(.enhanceYourCalm, context)
        }
        guard case .end = part, self.machine.request != .ended else {
            context.write(self.wrapOutboundOut(part), promise: promise)
            return
        }
        let written = promise ?? context.eventLoop.makePromise()
        self.stopRequest(after: written, context)
        context.write(self.wrapOutboundOut(part), promise: written)
    }

    /// Reads and drops the rest of the request before its answer leaves, when its client sends it unasked.
    private func holdBack() {
        guard let newest = self.newest, newest.sendsBody, self.machine.request == .reading else { return }
        self.machine.holdBack(announced: newest.announced)
        guard self.machine.isHolding else { return }
        let configuration = self.loop.configuration
        self.holdEnd = .now() + configuration.bodyDeadline
        self.deadline = .now() + configuration.lingerTimeout
        // The timer that runs is for a longer time.
        self.timer?.cancel()
        self.timer = nil
        guard let context = self.context else { return }
        self.armTimer(context)
        // The reader of the body may have stopped reading.
        context.read()
    }

    /// Sends the early answer that waited, when it need not any more.
    private func releaseWaiting(_ context: ChannelHandlerContext) {
        if self.machine.isHolding, self.holdEnd < .now() { self.machine.releaseEarly() }
        guard !self.machine.isHolding, !self.waiting.isEmpty else { return }
        let parts = self.waiting
        self.waiting = []
        for (part, promise) in parts { self.send(part, promise, context) }
        context.flush()
    }

    private func refuse(
        _ refusal: HTTP2StreamMachine.Refusal,
        _ problem: Problem,
        _ context: ChannelHandlerContext
    ) {
        guard refusal != .none else { return }
        let requestID = self.requestID ?? self.loop.makeRequestID()
        self.loop.observer.observeRefused(problem, requestID: requestID)
        guard refusal == .answer else {
            context.close(promise: nil)
            return
        }
        let own = self.newest.flatMap { self.loop.ownRefusal(problem, $0) }
        let body = own?.body ?? ByteBuffer(string: problem.body(requestID: requestID))
        var head = HTTPResponse(status: own?.status ?? problem.status, headerFields: own?.fields ?? problem.fields)
        head.headerFields[.contentLength] = String(body.readableBytes)
        head.headerFields[.date] = self.loop.httpDate()
        head.headerFields[.requestID] = requestID
        self.holdBack()
        self.send(.head(head), nil, context)
        let hasContent = body.readableBytes > 0 && self.machine.mayHaveContent(status: head.status.code)
        if hasContent { self.send(.body(body), nil, context) }
        self.send(.end(nil), nil, context)
        context.flush()
    }

    /// Tells the client not to send the rest of its request, when its answer has left (RFC 9113, section 8.1).
    private func stopRequest(after written: EventLoopPromise<Void>, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        written.futureResult.whenSuccess {
            let (handler, context) = bound.value
            guard handler.machine.request != .ended, context.channel.isActive else { return }
            handler.reset(.noError, context)
        }
    }

    // MARK: Time and the end

    /// A series may go on for as long as anything of it moves.
    private func moved() {
        if self.machine.isHolding {
            self.deadline = .now() + self.loop.configuration.lingerTimeout
        } else if self.isSeries {
            self.deadline = .now() + self.bodyTime
        }
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
        } else if self.machine.isHolding {
            self.machine.releaseEarly()
            self.releaseWaiting(context)
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
            guard self.enter(context) else { return }
            self.refuse(self.machine.refuse(), .malformedRequest, context)
        } else {
            // The part of this answer that NIO did not send is lost, and the client may not take the rest for all of
            // it.
            if context.channel.isActive { self.reset(.internalError, context) }
            context.fireErrorCaught(error)
        }
    }
}

@available(*, unavailable)
extension HTTP2StreamChannelHandler: Sendable {}
