import NIOCore
import NIOHTTP1

/// The end of answers that a client of HTTP/1.1 does not read.
extension HTTPConnectionChannelHandler {
    /// Bytes of a body that are written at once: each shows that its client takes them.
    private static let pieceBytes = 65_536

    /// The pieces of a part, in order; a short one is its only piece.
    static func pieces(of part: RoutedPart) -> [RoutedPart] {
        guard case .body(.byteBuffer(var bytes)) = part.part, !part.isBare, bytes.readableBytes > Self.pieceBytes else {
            return [part]
        }
        var pieces: [RoutedPart] = []
        while let piece = bytes.readSlice(length: min(Self.pieceBytes, bytes.readableBytes)), piece.readableBytes > 0 {
            let isLast = bytes.readableBytes == 0
            pieces.append(RoutedPart(part: .body(.byteBuffer(piece)), promise: isLast ? part.promise : nil))
        }
        return pieces
    }

    /// Writes a part of an answer, and counts it for as long as its client does not take it.
    func write(_ routed: RoutedPart, _ context: ChannelHandlerContext, past encoder: ChannelHandlerContext) {
        guard case .body(let body) = routed.part, body.readableBytes >= AnswerRoom.countedBytes, !routed.isBare else {
            return routed.write(to: context, past: encoder)
        }
        let (room, count) = (self.loop.room, body.readableBytes)
        guard room.takeAnswer(count) else {
            routed.promise?.fail(ChannelError.ioOnClosedChannel)
            return context.close(promise: nil)
        }
        let left = routed.promise ?? context.eventLoop.makePromise()
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        left.futureResult.whenComplete { _ in
            room.answers.giveBack(count)
            if bound.value.unreadSince != nil { bound.value.unreadSince = NIODeadline.now().uptimeNanoseconds }
        }
        RoutedPart(part: routed.part, promise: left).write(to: context, past: encoder)
    }

    /// Notes whether the client takes what is written, and ends the connection when it does not for too long: a request
    /// has its own deadline, but none that counts while its answer is waiting to leave.
    func followReader(isTaking: Bool) {
        guard !isTaking else {
            self.unreadSince = nil
            return
        }
        guard self.unreadSince == nil, let context = self.context else { return }
        self.unreadSince = NIODeadline.now().uptimeNanoseconds
        self.closeUnread(in: self.unreadLimit, context)
    }

    private var unreadLimit: TimeAmount {
        let limits = self.loop.configuration
        return self.isStopping ? limits.leavingTimeout : limits.idleTimeout
    }

    private func closeUnread(in time: TimeAmount, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: time) {
            let handler = bound.value
            guard let since = handler.unreadSince, let context = handler.context else { return }
            let end = NIODeadline.uptimeNanoseconds(since) + handler.unreadLimit
            if end <= .now() { return context.close(promise: nil) }
            handler.closeUnread(in: end - .now(), context)
        }
    }

    /// The service is being stopped: an answer that its client does not take must not hold that up.
    func stop(_ context: ChannelHandlerContext) {
        guard !self.isStopping else { return }
        self.isStopping = true
        if self.unreadSince != nil { self.closeUnread(in: self.unreadLimit, context) }
        // A client that takes a little at a time has that long in all, and as long for an answer that is written whole.
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: self.loop.configuration.leavingTimeout * 3) {
            let handler = bound.value
            if handler.unreadSince != nil || handler.machine.phase == .lingering {
                handler.context?.close(promise: nil)
            }
        }
    }

    func dropUnread(since time: UInt64) {
        guard let since = self.unreadSince, since <= time else { return }
        self.context?.close(promise: nil)
    }
}
