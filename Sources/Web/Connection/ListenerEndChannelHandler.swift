import NIOCore

/// Ends a listener without resetting the connections that were made and not taken yet.
///
/// The kernel completes a connection before anybody accepts it, and resets what is in the queue when the listener
/// closes; the client may have sent a request by then, and cannot know whether it was carried out. So newcomers are
/// kept away first, while what is in the queue is taken, however long a busy machine needs for it. A client that
/// connects in that time repeats its first packet after a second and finds nobody listening, which means for certain
/// that nothing happened.
final class ListenerEndChannelHandler: ChannelOutboundHandler {
    typealias OutboundIn = Never

    /// For handshakes that have begun: 20 ms.
    private static let handshake = TimeAmount.milliseconds(20)
    /// Time between two looks at the queue.
    private static let pause = TimeAmount.milliseconds(1)
    /// The listener ends after this in any case: nothing is taken while all connections are in use.
    private static let longestWait = TimeAmount.seconds(2)

    private let loops: any EventLoopGroup
    private var ending: EventLoopPromise<Void>?

    /// `loops` are those on which connections live.
    init(loops: any EventLoopGroup) {
        self.loops = loops
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if let ending = self.ending { return ending.futureResult.cascade(to: promise) }
        let ending = context.eventLoop.makePromise(of: Void.self)
        ending.futureResult.cascade(to: promise)
        self.ending = ending
        NewcomerFilter.attach(to: context.channel)
        self.look(in: Self.handshake, context, until: .now() + Self.longestWait, mode, ending)
    }

    /// Closes the listener once the queue is empty.
    private func look(
        in time: TimeAmount,
        _ context: ChannelHandlerContext,
        until limit: NIODeadline,
        _ mode: CloseMode,
        _ ending: EventLoopPromise<Void>
    ) {
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: time) {
            AcceptQueue.length(of: bound.value.context.channel).whenComplete { length in
                let (handler, context) = bound.value
                if let length = try? length.get(), length > 0, NIODeadline.now() < limit {
                    handler.look(in: Self.pause, context, until: limit, mode, ending)
                } else {
                    handler.settled(on: context.eventLoop)
                        .whenComplete { _ in bound.value.context.close(mode: mode, promise: ending) }
                }
            }
        }
    }

    /// Done when all connections that were taken are set up on their loops: a listener that closes before forgets them.
    private func settled(on loop: any EventLoop) -> EventLoopFuture<Void> {
        EventLoopFuture.andAllComplete(self.loops.makeIterator().map { $0.submit {} }, on: loop)
    }
}

@available(*, unavailable)
extension ListenerEndChannelHandler: Sendable {}

/// The connections that the kernel has completed and nobody has accepted yet.
private enum AcceptQueue {
    /// The beginning of `struct tcp_info` of <linux/tcp.h>; of a listening socket `unacked` is the queue's length.
    private struct Information: Sendable {
        let states: UInt64
        let retransmission: UInt32
        let acknowledgement: UInt32
        let sentSegment: UInt32
        let receivedSegment: UInt32
        let unacked: UInt32
    }

    /// `TCP_INFO`, which is a macro that Swift does not see.
    private static let information = NIOBSDSocket.Option(rawValue: 11)

    /// Fails where the channel is no socket of TCP.
    static func length(of channel: any Channel) -> EventLoopFuture<Int> {
        guard let socket = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        return socket.unsafeGetSocketOption(level: .tcp, name: Self.information)
            .map { (information: Information) in Int(information.unacked) }
    }
}
