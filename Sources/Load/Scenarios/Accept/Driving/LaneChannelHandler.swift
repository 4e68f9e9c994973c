package import NIOCore
package import NIOHTTP1

/// Carries out on one connection what ``LaneMachine`` decides, and tells the driver how each request ended.
///
/// Belongs to its event loop, as does the driver it calls.
package final class LaneChannelHandler: ChannelInboundHandler {
    package typealias InboundIn = HTTPClientResponsePart
    package typealias OutboundOut = HTTPClientRequestPart

    private var machine = LoadConnectionMachine()
    private var context: ChannelHandlerContext?
    private let headers: HTTPHeaders
    private let slot: Int
    private let driver: LoadDriver
    private var windows = WindowReader()

    package init(slot: Int, target: LoadTarget, driver: LoadDriver) {
        self.slot = slot
        self.driver = driver
        self.headers = target.headers
    }

    package func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    package func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    package func channelActive(context: ChannelHandlerContext) {
        self.driver.opened(self.slot, handler: self)
        context.fireChannelActive()
    }

    /// Sends a request; the driver hears of its end by `ended`, sooner or later and once.
    package func send(_ request: PendingRequest, at now: Int64) {
        guard let context = self.context else { return }
        self.machine.send(request, at: now)
        let head = HTTPRequestHead(
            version: .http1_1,
            method: .GET,
            uri: "/api/verve/accept?id=\(request.id)",
            headers: self.headers
        )
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
    }

    package func closeIfWaiting(sinceBefore instant: Int64) {
        if self.machine.isWaiting(sinceBefore: instant) { self.close(because: .timedOut) }
    }

    package func close(because doubt: IDOutcome.Doubt) {
        let ending = self.machine.close(because: doubt)
        self.context?.close(promise: nil)
        if let ending { self.driver.ended(ending, on: self.slot) }
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head): self.carryOut(self.machine.headRead(self.windows.answer(head)))
        case .body(let bytes): self.carryOut(self.machine.bodyRead(bytes.readableBytesView))
        case .end: self.carryOut(self.machine.ended())
        }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.close(because: .closed)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        self.close(because: .closed)
        self.driver.closed(self.slot)
        context.fireChannelInactive()
    }

    private func carryOut(_ action: LoadConnectionMachine.ReadAction) {
        switch action {
        case .wait: break
        case .close: self.close(because: .closed)
        }
    }

    private func carryOut(_ action: LoadConnectionMachine.EndAction) {
        switch action {
        case .deliver(let ending):
            self.driver.ended(ending, on: self.slot)
            self.driver.idled(self.slot)
        case .deliverAndClose(let ending):
            self.context?.close(promise: nil)
            self.driver.ended(ending, on: self.slot)
        case .close:
            self.close(because: .closed)
        }
    }
}
