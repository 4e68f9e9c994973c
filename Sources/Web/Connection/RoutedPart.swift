import NIOCore
import NIOHTTP1

/// A piece of a routed answer and who wants to know that it left.
package struct RoutedPart {
    var part: HTTPServerResponsePart
    let promise: EventLoopPromise<Void>?
    /// Whether it belongs to an answer without content, which is its head and nothing more.
    var isBare = false

    /// Writes it, through NIO's encoder or past it.
    func write(to context: ChannelHandlerContext, past encoder: ChannelHandlerContext) {
        guard self.isBare else {
            context.write(NIOAny(self.part), promise: self.promise)
            return
        }
        let bytes: ByteBuffer
        switch self.part {
        case .head(let head): bytes = head.bytesWithoutContent
        case .body, .end: bytes = ByteBuffer()
        }
        encoder.write(NIOAny(IOData.byteBuffer(bytes)), promise: self.promise)
    }
}
