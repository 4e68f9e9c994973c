import NIOCore
import NIOHTTP1
import NIOPosix

/// A request as a ``FakeAnswering`` sees it; names of headers in lower case.
struct FakeLedgerRequest: Sendable {
    var method = ""
    var path = ""
    var query: [String: String] = [:]
    var headers: [String: String] = [:]
    var body = ""
    /// The body when it is no text.
    var bytes: [UInt8] = []
    /// The client's port: the same for all requests of a connection.
    var connection = 0
}

struct FakeLedgerAnswer: Sendable {
    var status: Int
    var headers: [String: String] = [:]
    /// Nil closes the connection.
    var body: String?
    /// Sent instead of the body.
    var bytes: [UInt8]?
    /// Half of it is sent, then the connection is closed.
    var isCut = false
    /// How long it takes.
    var delay = TimeAmount.zero

    init(_ status: Int, _ body: String) {
        self.status = status
        self.body = body
    }
}

/// A service in one process.
protocol FakeAnswering: Sendable {
    /// The answer to a request; nil is silence.
    func answer(_ request: FakeLedgerRequest) -> FakeLedgerAnswer?
}

extension FakeLedger: FakeAnswering {
    /// Serves one ledger on so many ports, and stops after the body.
    ///
    /// The server at the place `away` answers everything with 503.
    static func run<Value>(
        _ faults: LedgerFaults = LedgerFaults(),
        servers: Int = 1,
        away: Int? = nil,
        _ body: (FakeLedger, [String]) async throws -> Value
    ) async throws -> Value {
        let ledger = FakeLedger(faults)
        return try await FakeServer.run(ledger, servers: servers, away: away) { try await body(ledger, $0) }
    }
}

enum FakeServer {
    /// Serves a service on so many ports, and stops after the body.
    ///
    /// The server at the place `away` answers everything with 503.
    static func run<Value>(
        _ service: any FakeAnswering,
        servers: Int = 1,
        away: Int? = nil,
        _ body: ([String]) async throws -> Value
    ) async throws -> Value {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let result: Result<Value, any Error>
        do {
            var urls: [String] = []
            for server in 0..<servers {
                urls.append(try await Self.serve(server == away ? nil : service, on: group))
            }
            result = .success(try await body(urls))
        } catch {
            result = .failure(error)
        }
        try await group.shutdownGracefully()
        return try result.get()
    }

    private static func serve(_ service: (any FakeAnswering)?, on group: any EventLoopGroup) async throws -> String {
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(FakeAnswerChannelHandler(service))
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        return "http://127.0.0.1:\(channel.localAddress?.port ?? 0)"
    }
}

private final class FakeAnswerChannelHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let service: (any FakeAnswering)?
    private var request = FakeLedgerRequest()

    init(_ service: (any FakeAnswering)?) { self.service = service }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            let parts = head.uri.split(separator: "?", maxSplits: 1)
            self.request = FakeLedgerRequest(method: head.method.rawValue, path: String(parts.first ?? ""))
            for pair in (parts.count == 2 ? parts[1] : "").split(separator: "&") {
                let words = pair.split(separator: "=", maxSplits: 1)
                if words.count == 2 { self.request.query[String(words[0])] = String(words[1]) }
            }
            self.request.connection = context.remoteAddress?.port ?? 0
            for (name, value) in head.headers { self.request.headers[name.lowercased()] = value }
        case .body(let bytes):
            self.request.body += String(buffer: bytes)
            self.request.bytes += bytes.readableBytesView
        case .end: self.answer(context)
        }
    }

    private func answer(_ context: ChannelHandlerContext) {
        let answer: FakeLedgerAnswer
        if let service = self.service {
            guard let given = service.answer(self.request) else { return }
            answer = given
        } else {
            answer = FakeLedgerAnswer(503, "{}")
        }
        guard answer.delay > .zero else { return self.write(answer, context) }
        context.eventLoop.assumeIsolated().scheduleTask(in: answer.delay) { self.write(answer, context) }
    }

    private func write(_ answer: FakeLedgerAnswer, _ context: ChannelHandlerContext) {
        guard let body = answer.body else { return context.close(promise: nil) }
        var head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status))
        for (name, value) in answer.headers { head.headers.add(name: name, value: value) }
        let whole = answer.bytes ?? Array(body.utf8)
        head.headers.add(name: "Content-Length", value: "\(whole.count)")
        let sent = answer.isCut ? whole.prefix(whole.count / 2) : whole[...]
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        context.write(self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: sent)))), promise: nil)
        guard answer.isCut else { return context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil) }
        context.flush()
        context.close(promise: nil)
    }
}
