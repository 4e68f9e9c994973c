import NIOCore

/// Ends a connection on which nothing came for too long.
final class SilenceChannelHandler: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is IdleStateHandler.IdleStateEvent else { return context.fireUserInboundEventTriggered(event) }
        context.fireErrorCaught(CouponClientError.broken("nothing came in time"))
        context.close(promise: nil)
    }
}
