import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOHTTPTypesHTTP2
import NIOPosix

/// The two versions of HTTP that a test can speak.
enum HTTPVersion: String, CaseIterable, Sendable {
    case one
    case two
}

/// One request and its answer, as they come and go.
struct Exchange {
    typealias Channel = NIOAsyncChannel<HTTPResponsePart, HTTPRequestPart>

    private let connection: any NIOCore.Channel
    private let outbound: NIOAsyncChannelOutboundWriter<HTTPRequestPart>
    private var inbound: NIOAsyncChannelInboundStream<HTTPResponsePart>.AsyncIterator
    private(set) var trailers: HTTPFields?

    /// Opens a connection, sends the head and lets `body` do the rest.
    static func open<Outcome: Sendable>(
        _ version: HTTPVersion,
        port: Int,
        _ head: HTTPRequest,
        _ body: sending (inout Exchange) async throws -> Outcome
    ) async throws -> Outcome {
        let (channel, connection) = try await Self.connect(version, port: port)
        // A peer that hung up has closed it.
        defer { connection.close(promise: nil) }
        return try await channel.executeThenClose { inbound, outbound in
            var exchange = Exchange(connection: connection, outbound: outbound, inbound: inbound.makeAsyncIterator())
            try await outbound.write(.head(head))
            return try await body(&exchange)
        }
    }

    private init(
        connection: any NIOCore.Channel,
        outbound: NIOAsyncChannelOutboundWriter<HTTPRequestPart>,
        inbound: NIOAsyncChannelInboundStream<HTTPResponsePart>.AsyncIterator
    ) {
        self.connection = connection
        self.outbound = outbound
        self.inbound = inbound
    }

    func send(_ bytes: [UInt8]) async throws { try await self.outbound.write(.body(ByteBuffer(bytes: bytes))) }

    /// Closes the connection without a word.
    func hangUp() async throws { try await self.connection.close() }

    func endRequest() async throws { try await self.outbound.write(.end(nil)) }

    mutating func head() async throws -> HTTPResponse {
        guard case .head(let head)? = try await self.inbound.next(isolation: #isolation) else { throw Failure.noHead }
        return head
    }

    /// The next bytes of the body; `nil` when it has ended, and the trailers are there.
    mutating func bytes() async throws -> [UInt8]? {
        switch try await self.inbound.next(isolation: #isolation) {
        case .body(let buffer): return Array(buffer.readableBytesView)
        case .end(let trailers):
            self.trailers = trailers
            return nil
        case .head, nil: throw Failure.noEnd
        }
    }

    mutating func rest() async throws -> [UInt8] {
        var all: [UInt8] = []
        while let bytes = try await self.bytes() { all += bytes }
        return all
    }

    enum Failure: Error {
        case noHead
        case noEnd
        case framesTogether
    }

    private static func connect(
        _ version: HTTPVersion,
        port: Int
    ) async throws -> (Channel, any NIOCore.Channel) {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        switch version {
        case .one:
            let channel = try await bootstrap.connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPClientCodec())
                    return try Channel(wrappingChannelSynchronously: channel)
                }
            }
            return (channel, channel.channel)
        case .two:
            let (connection, multiplexer) = try await bootstrap.connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let multiplexer = try channel.pipeline.syncOperations.configureAsyncHTTP2Pipeline(
                        mode: .client,
                        configuration: NIOHTTP2Handler.Configuration()
                    ) { stream in stream.eventLoop.makeSucceededVoidFuture() }
                    return (channel, multiplexer)
                }
            }
            let stream = try await multiplexer.openStream { stream in
                stream.eventLoop.makeCompletedFuture {
                    try stream.pipeline.syncOperations.addHandler(HTTP2FramePayloadToHTTPClientCodec())
                    return try Channel(wrappingChannelSynchronously: stream)
                }
            }
            return (stream, connection)
        }
    }
}
