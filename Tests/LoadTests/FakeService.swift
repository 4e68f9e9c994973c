import Foundation
import Load
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// The faults of a ``FakeService``.
struct Faults: Sendable {
    enum Answer: Sendable {
        /// Counts the id, then answers with this status.
        case status(Int, counts: Bool)
        /// Counts the id, then closes in the middle of the answer.
        case halfAnswer
        /// Closes without a byte.
        case close(counts: Bool)
        /// Counts the id, and never answers.
        case silence
        case body(String)
        /// Says that the id is the first, whether it is or not.
        case alwaysFirst
        case header(String, String)
    }

    /// Every so-many-th accept gets this answer.
    var every: (Int, Answer)?
    /// Added to the reported count of the first window that has one.
    var countError = 0
    /// Reported counts of closed windows grow with each look.
    var isUnstable = false
    var isNeverClosing = false
    var hasNoHeaders = false
    /// The answer to `/api/uniques`, instead of a good one.
    var uniquesAnswer: (status: Int, body: String)?
}

/// A service that counts unique ids as promised, in one process and with windows of one second; or nearly so.
final class FakeService: Sendable {
    private struct State {
        var windows: [Int64: Set<Int>] = [:]
        var accepts = 0
        var looks = 0
    }

    static let grace = 0.1
    let pageSize: Int
    private let faults: Faults
    private let state = Mutex(State())
    private let channel: any Channel

    /// Starts one on a free port, and stops it after the body.
    static func run<Value>(
        _ faults: Faults = Faults(),
        pageSize: Int = 1000,
        _ body: (FakeService) async throws -> Value
    ) async throws -> Value {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let result: Result<Value, any Error>
        do {
            let service = try await FakeService(faults, pageSize: pageSize, group: group)
            result = .success(try await body(service))
        } catch {
            result = .failure(error)
        }
        try await group.shutdownGracefully()
        return try result.get()
    }

    private init(_ faults: Faults, pageSize: Int, group: any EventLoopGroup) async throws {
        self.faults = faults
        self.pageSize = pageSize
        let box = ServiceBox()
        self.channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(FakeChannelHandler(box))
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        box.service.withLock { $0 = self }
    }

    var url: String { "http://127.0.0.1:\(self.channel.localAddress?.port ?? 0)" }

    /// Distinct ids per window, and the number of accepts.
    var counted: (windows: [Int64: Int], accepts: Int) {
        self.state.withLock { ($0.windows.mapValues(\.count), $0.accepts) }
    }

    /// Counts an id as the service's other users would.
    func count(_ id: Int) {
        let window = Int64(Date().timeIntervalSince1970)
        self.state.withLock { _ = $0.windows[window, default: []].insert(id) }
    }

    struct Reply {
        var status = 200
        var headers: HTTPHeaders = [:]
        var body: String?
        var sent = 2
        var isClosing = false
    }

    /// The reply; nil is silence.
    func reply(to uri: String) -> Reply? {
        let parts = uri.split(separator: "?", maxSplits: 1)
        let query = (parts.count == 2 ? parts[1] : "").split(separator: "&").reduce(into: [String: String]()) {
            let pair = $1.split(separator: "=", maxSplits: 1)
            if pair.count == 2 { $0[String(pair[0])] = String(pair[1]) }
        }
        switch parts.first {
        case "/api/verve/accept": return self.accept(query["id"].flatMap { Int($0) })
        case "/api/uniques": return self.uniques(query)
        default: return Reply(status: 404, body: "no")
        }
    }

    private func accept(_ id: Int?) -> Reply? {
        guard let id else { return Reply(status: 400, body: "failed") }
        let window = Int64(Date().timeIntervalSince1970)
        return self.state.withLock { state -> Reply? in
            state.accepts += 1
            let isFirst = state.windows[window]?.contains(id) != true
            var answer: Faults.Answer?
            if let (every, fault) = self.faults.every, state.accepts.isMultiple(of: every) { answer = fault }
            let isCounting =
                switch answer {
                case .status(_, let counts), .close(let counts): counts
                default: true
                }
            if isCounting { state.windows[window, default: []].insert(id) }
            var reply = Reply(body: "ok")
            if !self.faults.hasNoHeaders {
                reply.headers.add(name: "X-Unique", value: isFirst ? "1" : "0")
                reply.headers.add(name: "X-Unique-Minute", value: Self.text(window))
            }
            switch answer {
            case nil: break
            case .status(let status, _): reply = Reply(status: status, body: "failed")
            case .halfAnswer: (reply.sent, reply.isClosing) = (1, true)
            case .close: return Reply(body: nil, isClosing: true)
            case .silence: return nil
            case .body(let body): reply.body = body
            case .alwaysFirst: reply.headers.replaceOrAdd(name: "X-Unique", value: "1")
            case .header(let name, let value): reply.headers.replaceOrAdd(name: name, value: value)
            }
            return reply
        }
    }

    private func uniques(_ query: [String: String]) -> Reply {
        if let (status, body) = self.faults.uniquesAnswer { return Reply(status: status, body: body) }
        guard let first = RFC3339.seconds(query["from"] ?? ""), let to = RFC3339.seconds(query["to"] ?? "") else {
            return Reply(status: 400, body: "{}")
        }
        let now = Date().timeIntervalSince1970
        let last = min(to, Int64(now))
        return self.state.withLock { state in
            state.looks += 1
            var error = self.faults.countError
            var minutes: [String] = []
            for window in stride(from: first, through: last, by: 1) {
                var count = state.windows[window]?.count ?? 0
                if count > 0 {
                    count += error
                    error = 0
                    if self.faults.isUnstable { count += state.looks }
                }
                let isClosed = !self.faults.isNeverClosing && now > Double(window + 1) + Self.grace
                let state = isClosed ? "closed" : "open"
                minutes.append(#"{"minute":"\#(Self.text(window))","unique_count":\#(count),"state":"\#(state)"}"#)
            }
            let next = first + Int64(self.pageSize)
            let link = next <= last ? #""/api/uniques?from=\#(Self.text(next))&to=\#(Self.text(last))""# : "null"
            let list = minutes.prefix(self.pageSize).joined(separator: ",")
            return Reply(body: #"{"window_seconds":1,"minutes":[\#(list)],"next":\#(link)}"#)
        }
    }

    private static func text(_ window: Int64) -> String {
        RFC3339.text(window)
    }
}

/// Lets the handlers know the service, which is complete only after they are described.
private final class ServiceBox: Sendable {
    let service = Mutex<FakeService?>(nil)
}

private final class FakeChannelHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let box: ServiceBox
    private var uri = ""

    init(_ box: ServiceBox) { self.box = box }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head): self.uri = head.uri
        case .body: break
        case .end: self.answer(context)
        }
    }

    private func answer(_ context: ChannelHandlerContext) {
        guard let service = self.box.service.withLock({ $0 }), var reply = service.reply(to: self.uri) else { return }
        guard let body = reply.body else { return context.close(promise: nil) }
        reply.headers.add(name: "Content-Length", value: "\(body.utf8.count)")
        let head = HTTPResponseHead(
            version: .http1_1,
            status: HTTPResponseStatus(statusCode: reply.status),
            headers: reply.headers
        )
        let sent = reply.isClosing ? String(body.prefix(reply.sent)) : body
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        context.write(self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: sent)))), promise: nil)
        guard reply.isClosing else { return context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil) }
        context.flush()
        context.close(promise: nil)
    }
}
