import NIOCore
import NIOHTTPTypes

/// Makes a request that breaks off end with an error.
///
/// Without it the end of a connection looks to a route like the end of a body, and half a request would be carried out.
/// Whatever it was that ended a request early, a reset, a wrong length or the connection's end, readers of its body
/// learn of it as `ChannelError.eof` and nothing else.
final class WholeRequestChannelHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart

    private var isOpen = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head: self.isOpen = true
        case .body: break
        case .end: self.isOpen = false
        }
        context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { self.breakOff(context) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.isOpen = false
        context.fireErrorCaught(ChannelError.eof)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.breakOff(context)
        context.fireChannelInactive()
    }

    private func breakOff(_ context: ChannelHandlerContext) {
        guard self.isOpen else { return }
        self.isOpen = false
        context.fireErrorCaught(ChannelError.eof)
    }
}
