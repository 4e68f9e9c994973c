import CouponClient
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A service that answers as it is told, one answer after the other.
final class FakeConnect: Sendable {
    struct Request: Sendable {
        let path: String
        let headers: HTTPHeaders
        let body: [UInt8]
    }

    struct Reply: Sendable {
        var status = HTTPResponseStatus.ok
        var type = "application/proto"
        var body: [UInt8] = []
        /// Closes in the middle.
        var isCut = false
        /// Says nothing more after what it has said.
        var isSilent = false
    }

    private struct State {
        var replies: [Reply]
        var requests: [Request] = []
    }

    private let state: Mutex<State>
    private let port = Mutex(0)

    private init(_ replies: [Reply]) { self.state = Mutex(State(replies: replies)) }

    /// Serves on a free port while the body runs.
    static func run(_ replies: [Reply], _ body: (FakeConnect) async throws -> Void) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let service = FakeConnect(replies)
        let result: Result<Void, any Error>
        do {
            let channel = try await ServerBootstrap(group: group)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                        try channel.pipeline.syncOperations.addHandler(FakeChannelHandler(service))
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            service.port.withLock { $0 = channel.localAddress?.port ?? 0 }
            result = .success(try await body(service))
        } catch {
            result = .failure(error)
        }
        try await group.shutdownGracefully()
        try result.get()
    }

    var url: String { "http://127.0.0.1:\(self.port.withLock(\.self))" }
    var requests: [Request] { self.state.withLock { $0.requests } }

    func client(silence: Duration = .seconds(30)) throws -> CouponClient {
        guard let url = ServiceURL(self.url) else { throw CouponClientError.strange(self.url) }
        return CouponClient(url, silence: silence)
    }

    /// The next reply; 404 when there is none left.
    fileprivate func answer(_ request: Request) -> Reply {
        self.state.withLock { state in
            state.requests.append(request)
            return state.replies.isEmpty ? Reply(status: .notFound, type: "text/plain") : state.replies.removeFirst()
        }
    }
}

private final class FakeChannelHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let service: FakeConnect
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(_ service: FakeConnect) { self.service = service }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(let bytes): self.body += bytes.readableBytesView
        case .end: self.answer(context)
        }
    }

    private func answer(_ context: ChannelHandlerContext) {
        guard let head = self.head else { return }
        let reply = self.service.answer(.init(path: head.uri, headers: head.headers, body: self.body))
        let answer = HTTPResponseHead(version: .http1_1, status: reply.status, headers: ["content-type": reply.type])
        context.write(self.wrapOutboundOut(.head(answer)), promise: nil)
        context.writeAndFlush(self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: reply.body)))), promise: nil)
        if reply.isCut { return context.close(promise: nil) }
        if !reply.isSilent { context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil) }
    }
}
