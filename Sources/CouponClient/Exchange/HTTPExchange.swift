import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import TLS

/// One POST on a connection of its own.
struct HTTPExchange: Sendable {
    /// The body of an answer, piece by piece as it comes.
    struct Body {
        private var parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator

        init(_ parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator) {
            self.parts = parts
        }

        /// `nil` at its end; a connection that ends before is an error.
        mutating func next() async throws -> ByteBuffer? {
            switch try await self.parts.next(isolation: #isolation) {
            case .body(let bytes): return bytes
            case .end: return nil
            case .head, nil: throw CouponClientError.broken("the connection was closed")
            }
        }

        mutating func all(limit: Int) async throws -> [UInt8] {
            var bytes: [UInt8] = []
            while let more = try await self.next() {
                guard bytes.count + more.readableBytes <= limit else {
                    throw CouponClientError.strange("more than \(limit) bytes")
                }
                bytes.append(contentsOf: more.readableBytesView)
            }
            return bytes
        }

        mutating func head() async throws -> HTTPResponseHead {
            guard case .head(let head) = try await self.parts.next(isolation: #isolation) else {
                throw CouponClientError.broken("the connection was closed")
            }
            return head
        }
    }

    private typealias Connection = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    let url: ServiceURL
    /// How long the service may say nothing.
    let silence: Duration

    /// Sends a body to a path, and has `read` look at the answer; the connection is closed behind it.
    func post<Answer: Sendable>(
        _ path: String,
        _ fields: HTTPHeaders,
        _ body: ByteBuffer,
        _ read: (HTTPResponseHead, inout Body) async throws -> Answer
    ) async throws(CouponClientError) -> Answer {
        let connection = try await self.connect()
        var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: self.url.path + path, headers: fields)
        head.headers.add(name: "host", value: self.url.authority)
        head.headers.add(name: "user-agent", value: "tally")
        if let key = self.url.apiKey { head.headers.add(name: "authorization", value: "Bearer \(key)") }
        head.headers.add(name: "content-length", value: "\(body.readableBytes)")
        do {
            return try await connection.executeThenClose { [head] inbound, outbound in
                do {
                    try await outbound.write(.head(head))
                    try await outbound.write(.body(.byteBuffer(body)))
                    try await outbound.write(.end(nil))
                } catch ChannelError.ioOnClosedChannel {
                    // Why it was closed, or an early answer, is among what was received.
                }
                var answer = Body(inbound.makeAsyncIterator())
                let head = try await answer.head()
                return try await read(head, &answer)
            }
        } catch let error as CouponClientError {
            throw error
        } catch is CancellationError {
            throw .cancelled
        } catch let error where ConnectFailure.isOfTrust(error) {
            // The first byte of the request leaves only when the service is believed.
            throw .notReached(url: self.url.description, reason: ConnectFailure.reason(error))
        } catch HTTPParserError.invalidEOFState {
            throw .broken("the connection was closed")
        } catch {
            throw .broken("\(error)")
        }
    }

    private func connect() async throws(CouponClientError) -> Connection {
        let silence = TimeAmount(self.silence)
        do {
            let url = self.url
            let context = url.usesTLS ? try TLSFiles.clientContext(nil, authority: url.authorityFile) : nil
            return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(5))
                .connect(host: self.url.host, port: self.url.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        if let context {
                            let name = (try? SocketAddress(ipAddress: url.host, port: 0)) == nil ? url.host : nil
                            try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: name))
                        }
                        try pipeline.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
                        try pipeline.addHandler(IdleStateHandler(readTimeout: silence))
                        try pipeline.addHandler(SilenceChannelHandler())
                        return try Connection(wrappingChannelSynchronously: channel)
                    }
                }
        } catch is CancellationError {
            throw .cancelled
        } catch {
            throw .notReached(url: self.url.description, reason: ConnectFailure.reason(error))
        }
    }
}

/// Ends a connection on which nothing came for too long.
final class SilenceChannelHandler: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is IdleStateHandler.IdleStateEvent else { return context.fireUserInboundEventTriggered(event) }
        context.fireErrorCaught(CouponClientError.broken("nothing came in time"))
        context.close(promise: nil)
    }
}
