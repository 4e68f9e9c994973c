import NIOCore
import NIOHTTP1
import NIOPosix

/// A request as a ``FakeLedger`` sees it; names of headers in lower case.
struct FakeLedgerRequest: Sendable {
    var method = ""
    var path = ""
    var query: [String: String] = [:]
    var headers: [String: String] = [:]
    var body = ""
}

struct FakeLedgerAnswer: Sendable {
    var status: Int
    var headers: [String: String] = [:]
    /// Nil closes the connection.
    var body: String?
    /// Half of it is sent, then the connection is closed.
    var isCut = false

    init(_ status: Int, _ body: String) {
        self.status = status
        self.body = body
    }
}

extension FakeLedger {
    /// Serves one ledger on so many ports, and stops after the body.
    ///
    /// The server at the place `away` answers everything with 503.
    static func run<Value>(
        _ faults: LedgerFaults = LedgerFaults(),
        servers: Int = 1,
        away: Int? = nil,
        _ body: (FakeLedger, [String]) async throws -> Value
    ) async throws -> Value {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let result: Result<Value, any Error>
        do {
            let ledger = FakeLedger(faults)
            var urls: [String] = []
            for server in 0..<servers {
                urls.append(try await Self.serve(server == away ? nil : ledger, on: group))
            }
            result = .success(try await body(ledger, urls))
        } catch {
            result = .failure(error)
        }
        try await group.shutdownGracefully()
        return try result.get()
    }

    private static func serve(_ ledger: FakeLedger?, on group: any EventLoopGroup) async throws -> String {
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(FakeLedgerChannelHandler(ledger))
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        return "http://127.0.0.1:\(channel.localAddress?.port ?? 0)"
    }
}

private final class FakeLedgerChannelHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let ledger: FakeLedger?
    private var request = FakeLedgerRequest()

    init(_ ledger: FakeLedger?) { self.ledger = ledger }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            let parts = head.uri.split(separator: "?", maxSplits: 1)
            self.request = FakeLedgerRequest(method: head.method.rawValue, path: String(parts.first ?? ""))
            for pair in (parts.count == 2 ? parts[1] : "").split(separator: "&") {
                let words = pair.split(separator: "=", maxSplits: 1)
                if words.count == 2 { self.request.query[String(words[0])] = String(words[1]) }
            }
            for (name, value) in head.headers { self.request.headers[name.lowercased()] = value }
        case .body(let bytes): self.request.body += String(buffer: bytes)
        case .end: self.answer(context)
        }
    }

    private func answer(_ context: ChannelHandlerContext) {
        let answer: FakeLedgerAnswer
        if let ledger = self.ledger {
            guard let given = ledger.answer(self.request) else { return }
            answer = given
        } else {
            answer = FakeLedgerAnswer(503, "{}")
        }
        guard let body = answer.body else { return context.close(promise: nil) }
        var head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status))
        for (name, value) in answer.headers { head.headers.add(name: name, value: value) }
        head.headers.add(name: "Content-Length", value: "\(body.utf8.count)")
        let sent = answer.isCut ? String(body.prefix(body.count / 2)) : body
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        context.write(self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: sent)))), promise: nil)
        guard answer.isCut else { return context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil) }
        context.flush()
        context.close(promise: nil)
    }
}
