import NIOCore

/// Ends a listener without resetting the connections that were made and not taken yet.
///
/// The kernel completes a connection before anybody accepts it, and resets what is in the queue when the listener
/// closes; the client may have sent a request by then, and cannot know whether it was carried out. So newcomers are
/// kept away first, while what is in the queue is taken. A client that connects in that time repeats its first packet
/// after a second and finds nobody listening, which means for certain that nothing happened.
final class ListenerEndChannelHandler: ChannelOutboundHandler {
    typealias OutboundIn = Never

    /// For handshakes that have begun, and for what they leave in the queue: 20 ms.
    private static let wait = TimeAmount.milliseconds(20)

    private var ending: EventLoopPromise<Void>?

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if let ending = self.ending { return ending.futureResult.cascade(to: promise) }
        let ending = context.eventLoop.makePromise(of: Void.self)
        ending.futureResult.cascade(to: promise)
        self.ending = ending
        NewcomerFilter.attach(to: context.channel)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.wait) { bound.value.close(mode: mode, promise: ending) }
    }
}

@available(*, unavailable)
extension ListenerEndChannelHandler: Sendable {}
