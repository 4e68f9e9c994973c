import HummingbirdCore
package import NIOCore
package import NIOHTTP2
package import NIOHTTPTypes

/// An accepted connection, which may not have said yet what it speaks.
package struct HTTPConnection: ServerChildChannelValue {
    package typealias Exchange = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    package enum Spoken: Sendable {
        /// One request after the other.
        case http1(Exchange)
        /// Each stream is one request.
        case http2(NIOHTTP2Handler.AsyncStreamMultiplexer<Exchange>)
    }

    package let channel: any Channel
    let spoken: EventLoopFuture<Spoken>
}
