import NIOCore
import NIOHTTP2

/// Sends an answer that is nothing but a head as one frame, which ends its stream.
///
/// The codec above it writes an end of its own behind each head. gRPC has answers of one frame, "trailers only", and
/// its clients look for an error's status in a head only when nothing comes behind it.
final class HTTP2HeadChannelHandler: ChannelOutboundHandler {
    typealias OutboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    /// A head, until it is known whether that is all.
    private var held: (headers: HTTP2Frame.FramePayload.Headers, promise: EventLoopPromise<Void>?)?

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let payload = self.unwrapOutboundIn(data)
        if let (headers, written) = self.held, Self.isBareEnd(payload) {
            self.held = nil
            var last = headers
            last.endStream = true
            let both = promise ?? written
            if promise != nil { both?.futureResult.cascade(to: written) }
            context.write(self.wrapOutboundOut(.headers(last)), promise: both)
            return
        }
        self.release(context)
        guard case .headers(let headers) = payload, !headers.endStream else {
            context.write(data, promise: promise)
            return
        }
        self.held = (headers, promise)
    }

    func flush(context: ChannelHandlerContext) {
        self.release(context)
        context.flush()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        self.release(context)
        context.close(mode: mode, promise: promise)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.held?.promise?.fail(ChannelError.ioOnClosedChannel)
        self.held = nil
    }

    private func release(_ context: ChannelHandlerContext) {
        guard let (headers, promise) = self.held else { return }
        self.held = nil
        context.write(self.wrapOutboundOut(.headers(headers)), promise: promise)
    }

    private static func isBareEnd(_ payload: HTTP2Frame.FramePayload) -> Bool {
        guard case .data(let data) = payload, data.endStream, case .byteBuffer(let bytes) = data.data else {
            return false
        }
        return bytes.readableBytes == 0
    }
}

@available(*, unavailable)
extension HTTP2HeadChannelHandler: Sendable {}
