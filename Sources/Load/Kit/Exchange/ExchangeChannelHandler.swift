package import NIOCore
package import NIOHTTP1
import NIOPosix

/// Carries out on one connection what ``ExchangeMachine`` decides, and tells its owner what happens.
///
/// Belongs to its event loop, as does its owner.
package final class ExchangeChannelHandler: ChannelInboundHandler {
    package typealias InboundIn = HTTPClientResponsePart
    package typealias OutboundOut = HTTPClientRequestPart

    package enum Event {
        case opened(ExchangeChannelHandler)
        /// Once for each request sent; the connection is free again if ``ExchangeChannelHandler/isIdle`` says so.
        case ended(ExchangeEnding)
        case closed
    }

    private var machine: ExchangeMachine
    private var context: ChannelHandlerContext?
    private let target: LoadTarget
    private let happened: (Event) -> Void

    private init(target: LoadTarget, bodyLimit: Int, _ happened: @escaping (Event) -> Void) {
        self.machine = ExchangeMachine(bodyLimit: bodyLimit)
        self.target = target
        self.happened = happened
    }

    /// Connects on `loop`, on which it must be called; fails without an event when there is no connection in 2 s.
    package static func connect(
        _ target: LoadTarget,
        on loop: any EventLoop,
        bodyLimit: Int,
        _ happened: @escaping (Event) -> Void
    ) -> EventLoopFuture<any Channel> {
        let happened = NIOLoopBound(happened, eventLoop: loop)
        return ClientBootstrap(group: loop)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .connectTimeout(.seconds(2))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = ExchangeChannelHandler(target: target, bodyLimit: bodyLimit, happened.value)
                    try target.prepare(channel, [handler])
                }
            }
            .connect(host: target.host, port: target.port)
    }

    package var isIdle: Bool { self.machine.isIdle }

    package func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    package func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    package func channelActive(context: ChannelHandlerContext) {
        self.happened(.opened(self))
        context.fireChannelActive()
    }

    /// Sends a request; its end is told as an event, sooner or later and once.
    package func send(_ request: ExchangeRequest, at now: Int64) {
        guard let context = self.context, self.machine.send(at: now) else {
            return self.happened(.ended(.broken(.closed)))
        }
        var head = HTTPRequestHead(
            version: .http1_1,
            method: request.change?.body == nil ? .GET : .POST,
            uri: request.path,
            headers: self.target.headers
        )
        if let key = request.change?.key { head.headers.add(name: "idempotency-key", value: key) }
        if let durability = request.change?.durability {
            head.headers.add(name: "prefer", value: "durability=\(durability)")
        }
        let body: ByteBuffer
        switch request.change?.body {
        case nil:
            context.write(self.wrapOutboundOut(.head(head)), promise: nil)
            return context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
        case .json(let text)?:
            body = context.channel.allocator.buffer(string: text)
            head.headers.add(name: "content-type", value: "application/json")
        case .connect(let message, let type)?:
            body = context.channel.allocator.buffer(bytes: message)
            head.headers.add(name: "content-type", value: type)
            head.headers.add(name: "connect-protocol-version", value: "1")
        }
        head.headers.add(name: "content-length", value: "\(body.readableBytes)")
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        context.write(self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
    }

    package func closeIfWaiting(sinceBefore instant: Int64) {
        if self.machine.isWaiting(sinceBefore: instant) { self.close(because: .timedOut) }
    }

    package func close(because reason: ExchangeBreak) {
        let wasWaiting = self.machine.close()
        self.context?.close(promise: nil)
        if wasWaiting { self.happened(.ended(.broken(reason))) }
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head): self.carryOut(self.machine.headRead(Self.answer(head)))
        case .body(let bytes): self.carryOut(self.machine.bodyRead(bytes.readableBytesView))
        case .end: self.carryOut(self.machine.ended())
        }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.close(because: .closed)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        self.close(because: .closed)
        self.happened(.closed)
        context.fireChannelInactive()
    }

    private func carryOut(_ action: ExchangeMachine.ReadAction) {
        switch action {
        case .wait: break
        case .close(let reason): self.close(because: reason)
        }
    }

    private func carryOut(_ action: ExchangeMachine.EndAction) {
        switch action {
        case .deliver(let answer): self.happened(.ended(.answered(answer)))
        case .deliverAndClose(let answer):
            self.context?.close(promise: nil)
            self.happened(.ended(.answered(answer)))
        case .close: self.close(because: .closed)
        }
    }

    private static func answer(_ head: HTTPResponseHead) -> ExchangeAnswer {
        var answer = ExchangeAnswer(status: Int(head.status.code), isKeepingAlive: head.isKeepAlive)
        answer.isReplay = head.headers.first(name: "idempotent-replayed") == "true"
        answer.entityTag = head.headers.first(name: "etag")
        answer.durability = head.headers.first(name: "durability")
        answer.location = head.headers.first(name: "location")
        return answer
    }
}
