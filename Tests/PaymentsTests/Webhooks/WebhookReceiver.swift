import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A real HTTP server that keeps what it gets and answers as a test wants.
final class WebhookReceiver: Sendable {
    struct Request: Sendable {
        var method = ""
        var target = ""
        /// Names in lower case.
        var headers: [String: String] = [:]
        var body = ""

        var id: String { self.headers["webhook-id"] ?? "" }
    }

    struct Answer: Sendable {
        var status: Int
        var headers: [String: String] = [:]
    }

    private struct State {
        var requests: [Request] = []
        var connections = 0
    }

    private let state = Mutex(State())
    private let respond: @Sendable (Request, Int) -> Answer

    /// Serves on a free port, and stops after the body.
    ///
    /// `respond` is given the number of the request, from 1.
    static func with(
        _ respond: @escaping @Sendable (Request, Int) -> Answer = { _, _ in Answer(status: 200) },
        body: (WebhookReceiver, Int) async throws -> Void
    ) async throws {
        let receiver = WebhookReceiver(respond)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let result: Result<Void, any Error>
        do {
            let channel = try await ServerBootstrap(group: group)
                .childChannelInitializer { channel in
                    receiver.state.withLock { $0.connections += 1 }
                    return channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                        try channel.pipeline.syncOperations.addHandler(ReceiverChannelHandler(receiver))
                    }
                }
                .bind(host: "127.0.0.1", port: 0)
                .get()
            result = .success(try await body(receiver, channel.localAddress?.port ?? 0))
        } catch {
            result = .failure(error)
        }
        try await group.shutdownGracefully()
        try result.get()
    }

    private init(_ respond: @escaping @Sendable (Request, Int) -> Answer) { self.respond = respond }

    /// The requests that came so far, in their order.
    var requests: [Request] { self.state.withLock { $0.requests } }
    var connections: Int { self.state.withLock { $0.connections } }

    fileprivate func answer(_ request: Request) -> Answer {
        let number = self.state.withLock { state in
            state.requests.append(request)
            return state.requests.count
        }
        return self.respond(request, number)
    }
}

private final class ReceiverChannelHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let receiver: WebhookReceiver
    private var request = WebhookReceiver.Request()

    init(_ receiver: WebhookReceiver) { self.receiver = receiver }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            self.request = WebhookReceiver.Request(method: head.method.rawValue, target: head.uri)
            for (name, value) in head.headers { self.request.headers[name.lowercased()] = value }
        case .body(let bytes): self.request.body += String(buffer: bytes)
        case .end:
            let answer = self.receiver.answer(self.request)
            var head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status))
            for (name, value) in answer.headers { head.headers.add(name: name, value: value) }
            head.headers.add(name: "Content-Length", value: "0")
            context.write(self.wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
