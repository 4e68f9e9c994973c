import Metrics
package import NIOCore
package import NIOHTTP1

/// Carries out on a channel what ``HTTPConnectionMachine`` and ``ConnectionDeadlineMachine`` decide.
///
/// It sits between NIO's HTTP/1.1 codec and Hummingbird, sees every request and every answer of the connection, and so
/// is the one place for what concerns them all: the gate, the order of answers, hot routes, limits of time and size,
/// and the way a connection ends.
package final class HTTPConnectionChannelHandler: ChannelDuplexHandler, RemovableChannelHandler {
    package typealias InboundIn = HTTPServerRequestPart
    package typealias InboundOut = HTTPServerRequestPart
    package typealias OutboundIn = HTTPServerResponsePart
    package typealias OutboundOut = HTTPServerResponsePart

    let loop: HTTPConnectionLoop
    var machine: HTTPConnectionMachine<ByteBuffer, RoutedPart>
    var deadlines: ConnectionDeadlineMachine
    var context: ChannelHandlerContext?
    /// Writes through it go past the encoder.
    private var encoder: ChannelHandlerContext?
    var timer: (task: Scheduled<Void>, at: UInt64)?
    private var needsFlush = false
    private var isReadPending = false
    /// Whether the client has ended its side while it is owed answers.
    private(set) var isInputEndHeld = false
    /// After a request that asks for another protocol the decoder only hoards what it is given.
    private var isReadingOver = false
    var isOutputClosed = false
    /// Whether a request came or an answer left since the last look at the time.
    var hasProgressed = false
    /// The time since which the client takes nothing of what was written.
    var unreadSince: UInt64?
    var isStopping = false
    private var isRoutedHTTP10 = false
    /// Whether the connection's first bytes are those of a HEAD.
    private var beginsWithHead = false
    /// Whether the routed answer that is being produced has no content.
    private var isRoutedBare = false
    /// Bytes that it still owes, when its head told a length.
    private var routedLength: Int?
    /// A request for a hot route whose body is not whole yet; never longer than one turn of reading.
    private var held: HeldRequest?
    /// The newest request, for as long as it may still be refused.
    var newest: NewestRequest?
    /// The time until which the rest of a request may be dropped before its answer leaves.
    var holdEnd = NIODeadline.distantFuture

    init(_ loop: HTTPConnectionLoop) {
        let limits = loop.configuration
        self.loop = loop
        self.machine = HTTPConnectionMachine(bodyLimit: limits.bodyLimit, pipelineLimit: limits.pipelineLimit)
        self.deadlines = ConnectionDeadlineMachine(
            idleLimit: UInt64(limits.idleTimeout.nanoseconds),
            headLimit: UInt64(limits.headDeadline.nanoseconds),
            bodyLimit: UInt64(limits.bodyDeadline.nanoseconds),
            lingerLimit: UInt64(limits.lingerTimeout.nanoseconds),
            now: NIODeadline.now().uptimeNanoseconds
        )
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.encoder = try? context.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
        self.loop.roster.add(self)
        self.armTimer()
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        self.loop.roster.remove(self)
        self.timer?.task.cancel()
        self.timer = nil
        self.context = nil
        self.encoder = nil
    }

    // MARK: Requests

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head): self.read(head, data, context)
        case .body(let bytes):
            if self.held?.append(bytes) != nil { return }
            self.followHolding()
            switch self.machine.received(bodyBytes: bytes.readableBytes) {
            case .forward: context.fireChannelRead(data)
            case .discard: break
            case .release: self.releaseEarly()
            case .refuse(let ticket):
                self.holdBack()
                self.refuse(ticket, .payloadTooLarge, self.newest)
            }
        case .end:
            if let held = self.held, self.offer(held) { return }
            if self.machine.receivedEnd() == .forward { context.fireChannelRead(data) }
        }
    }

    private func read(_ head: HTTPRequestHead, _ data: NIOAny, _ context: ChannelHandlerContext) {
        let survey = RequestSurvey(head.headers)
        // No upgrade is ever taken; the decoder stops parsing behind such a request all the same.
        self.isReadingOver = self.isReadingOver || survey.wantsUpgrade || head.method == .CONNECT
        self.hasProgressed = true
        let isClosing = !head.isKeepAlive || self.loop.drain.isDraining || self.isReadingOver
        switch self.loop.judge(head, survey) {
        case .refuse(let problem):
            let closes = isClosing || survey.hasBody
            guard let ticket = self.machine.received(.refused, closes: closes, isHead: head.method == .HEAD) else {
                return
            }
            let newest = NewestRequest(head, survey, isAsked: false)
            self.newest = newest
            self.holdBack()
            self.refuse(ticket, problem, newest, requestID: survey.requestID)
        case .admit:
            let request = HeldRequest(head: head, survey: survey, isClosing: isClosing)
            guard self.machine.phase == .open, let place = self.loop.hotPlace(for: head, survey) else {
                return self.route(request, data, context)
            }
            if survey.hasBody {
                self.held = request
            } else if !self.takeHot(request, place) {
                self.route(request, data, context)
            }
        }
    }

    private func route(_ request: HeldRequest, _ data: NIOAny, _ context: ChannelHandlerContext) {
        let (head, survey) = (request.head, request.survey)
        let bodyLimit = survey.hasBody && self.loop.owner(of: head.uri) != nil ? Int.max : nil
        let (closes, isHead) = (request.isClosing, head.method == .HEAD)
        guard let ticket = self.machine.received(.routed, closes: closes, bodyLimit: bodyLimit, isHead: isHead) else {
            return
        }
        self.isRoutedHTTP10 = head.version == .http1_0
        if survey.hasBody { self.deadlines.entered(.reading, at: NIODeadline.now().uptimeNanoseconds) }
        let isAsked = survey.expectation != nil && self.machine.isFirst(ticket)
        self.newest = survey.hasBody ? NewestRequest(head, survey, isAsked: isAsked) : nil
        if isAsked { self.sendContinue(context) }
        context.fireChannelRead(data)
    }

    /// Offers a whole request with its body to its hot route.
    ///
    /// Returns whether it was taken; else it goes the router's way.
    private func offer(_ held: HeldRequest) -> Bool {
        if self.machine.phase == .open, let place = self.loop.hotPlace(for: held.head, held.survey),
            self.takeHot(held, place)
        {
            _ = self.machine.receivedEnd()
            self.held = nil
            return true
        }
        self.releaseHeld()
        return false
    }

    /// Lets a held request go the router's way, as far as it has come.
    private func releaseHeld() {
        guard let held = self.held, let context = self.context else { return }
        self.held = nil
        self.route(held, self.wrapInboundOut(.head(held.head)), context)
        if held.body.readableBytes > 0 { self.channelRead(context: context, data: NIOAny(InboundIn.body(held.body))) }
    }

    private func takeHot(_ request: HeldRequest, _ place: HotPlace) -> Bool {
        guard let caller = self.loop.caller(of: request.head, for: place) else { return false }
        let exchange = HotExchange(
            connection: self,
            ticket: self.machine.nextTicket,
            method: request.head.method,
            isClosing: request.isClosing,
            isHTTP10: request.head.version == .http1_0,
            requestID: request.survey.requestID ?? self.loop.makeRequestID(),
            traceparent: request.survey.traceparent.flatMap { TraceParent.isValid($0) ? $0 : nil },
            arrived: .now()
        )
        switch place.responder.respond(to: HotRequest(request, caller), exchange) {
        case .declined: return false
        case .taken: _ = self.machine.received(.hot, closes: request.isClosing)
        case .answered(let answer):
            _ = self.machine.received(.hot, closes: request.isClosing)
            self.finish(exchange, answer)
        }
        return true
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        self.releaseHeld()
        // Bytes came and no request did: a head is on its way, and may not be for long.
        if !self.hasProgressed, self.deadlines.activity == .idle {
            self.deadlines.entered(.readingHead, at: NIODeadline.now().uptimeNanoseconds)
        }
        self.pump()
        // The reader of the body may have stopped reading.
        if self.machine.isHolding { self.read(context: context) }
        context.fireChannelReadComplete()
    }

    package func read(context: ChannelHandlerContext) {
        if self.mayRead(context) { context.read() } else { self.isReadPending = true }
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.followReader(isTaking: context.channel.isWritable)
        self.resumeReading()
        context.fireChannelWritabilityChanged()
    }

    private func sendContinue(_ context: ChannelHandlerContext) {
        let head = HTTPResponseHead(version: .http1_1, status: .continue)
        context.writeAndFlush(self.wrapOutboundOut(.head(head)), promise: nil)
    }

    // MARK: Answers

    func finish(_ exchange: HotExchange, _ answer: PreparedAnswer) {
        self.loop.observer.observeHot(exchange, answer)
        self.machine.answered(
            exchange.ticket,
            with: answer.bytes(
                date: self.loop.httpDate(),
                requestID: exchange.requestID,
                isClosing: exchange.isClosing,
                isHTTP10: exchange.isHTTP10,
                isHead: exchange.method == .HEAD
            )
        )
        self.needsFlush = true
    }

    func timer(route: String, method: String, status: Int, cause: AnswerCause?) -> Metrics.Timer {
        self.loop.observer.timer(route: route, method: method, status: status, cause: cause)
    }

    func flushAnswers() {
        guard self.needsFlush else { return }
        self.needsFlush = false
        self.pump()
    }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var part = self.unwrapOutboundIn(data)
        var isEnd = false
        switch part {
        case .head(var head):
            if self.isRoutedHTTP10 { head.version = .http1_0 }
            let status = Int(head.status.code)
            self.isRoutedBare = !AnswerContent.isAllowed(isHead: self.machine.isRoutedHead, status: status)
            let length = head.headers.first(name: "content-length").flatMap { Int($0) }
            if length != nil, self.machine.isRoutedEarly { self.holdBack() }
            let isSized = length != nil || self.isRoutedBare || !self.isRoutedHTTP10
            self.routedLength = self.isRoutedBare ? nil : length
            if self.machine.doesRoutedClose || !isSized {
                head.headers.replaceOrAdd(name: "connection", value: "close")
            } else if self.isRoutedHTTP10 {
                head.headers.replaceOrAdd(name: "connection", value: "keep-alive")
            }
            part = .head(head)
        case .body(let bytes): self.routedLength = self.routedLength.map { $0 - bytes.readableBytes }
        case .end: isEnd = true
        }
        // A client would take more or fewer bytes than the head announced for another answer.
        if let left = self.routedLength, left < 0 || isEnd && left > 0 {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return context.close(promise: nil)
        }
        for piece in Self.pieces(of: RoutedPart(part: part, promise: promise, isBare: self.isRoutedBare)) {
            switch self.machine.produced(piece, isEnd: isEnd) {
            case .queued: self.pump()
            case .drop: piece.promise?.fail(ChannelError.ioOnClosedChannel)
            }
        }
    }

    func refuse(_ ticket: UInt64, _ problem: Problem, _ request: NewestRequest? = nil, requestID: String? = nil) {
        let id = requestID ?? self.loop.makeRequestID()
        self.loop.observer.observeRefused(problem, requestID: id)
        let isClosing = self.machine.doesClose(ticket)
        let answer = request.flatMap { self.loop.ownRefusal(problem, $0)?.prepared } ?? problem.prepared(requestID: id)
        let bytes = answer.bytes(
            date: self.loop.httpDate(),
            requestID: id,
            isClosing: isClosing,
            isHTTP10: false,
            isHead: self.machine.isHead(ticket)
        )
        self.machine.answered(ticket, with: bytes)
    }

    /// Writes all that may leave now, and follows what that changes.
    func pump() {
        guard let context = self.context, let encoder = self.encoder else { return }
        var hasWritten = false
        while let output = self.machine.next() {
            switch output {
            case .answer(let bytes): encoder.write(NIOAny(IOData.byteBuffer(bytes)), promise: nil)
            case .part(let routed): self.write(routed, context, past: encoder)
            case .linger: self.closeOutput(context)
            }
            hasWritten = true
        }
        if hasWritten {
            self.hasProgressed = true
            context.flush()
        }
        if self.isInputEndHeld, self.machine.owed == 0 {
            self.isInputEndHeld = false
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
        self.followActivity()
        self.resumeReading()
    }

    /// Ends our side when all that was written has left: closing before would cut it off.
    private func closeOutput(_ context: ChannelHandlerContext) {
        let written = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        written.futureResult.whenComplete { _ in
            let handler = bound.value
            handler.isOutputClosed = true
            handler.context?.close(mode: .output, promise: nil)
            handler.followActivity()
        }
        self.encoder?.writeAndFlush(NIOAny(IOData.byteBuffer(ByteBuffer())), promise: written)
    }

    private func resumeReading() {
        guard self.isReadPending, let context = self.context, self.mayRead(context) else { return }
        self.isReadPending = false
        context.read()
    }

    private func mayRead(_ context: ChannelHandlerContext) -> Bool {
        self.machine.wantsInput && (!self.isReadingOver || self.machine.reading == .routed)
            && context.channel.isWritable
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        self.releaseHeld()
        switch event {
        case is ChannelShouldQuiesceEvent:
            self.stop(context)
            self.machine.finish()
            self.pump()
        case ChannelEvent.inputClosed:
            self.releaseEarly()
            self.machine.finish()
            // Hummingbird closes the connection when it hears of this: not while answers are owed, unless it waits
            // for a body that will never end.
            self.isInputEndHeld = self.machine.owed > 0 && self.machine.reading == nil
            if !self.isInputEndHeld { context.fireUserInboundEventTriggered(event) }
            self.pump()
        case FirstMethod.head: self.beginsWithHead = true
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.releaseHeld()
        // The decoder says so of every further byte after its first error, which was answered.
        if error is ByteToMessageDecoderError, self.machine.phase != .open { return }
        guard error is HTTPParserError else {
            context.fireErrorCaught(error)
            return
        }
        // Bytes that are not HTTP: nothing after them can be trusted.
        if let ticket = self.machine.reading == nil
            ? self.machine.received(.refused, closes: true, isHead: self.beginsWithHead && self.machine.nextTicket == 0)
            : self.machine.refuseNewest()
        {
            _ = self.machine.receivedEnd()
            self.refuse(ticket, .malformedRequest)
            self.pump()
        } else if self.machine.phase == .open {
            context.close(promise: nil)
        }
    }

    package func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .output else {
            context.close(mode: mode, promise: promise)
            return
        }
        // Hummingbird has said all that it will say; hot answers may still be owed.
        self.machine.routedEnded()
        self.pump()
        promise?.succeed()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        self.machine.close()
        self.timer?.task.cancel()
        self.timer = nil
        context.fireChannelInactive()
    }
}

@available(*, unavailable)
extension HTTPConnectionChannelHandler: Sendable {}
