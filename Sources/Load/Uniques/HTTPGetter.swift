package import NIOCore
import NIOHTTP1
import NIOPosix

/// Single GET requests, each on a connection of its own.
///
/// Follows nothing.
package struct HTTPGetter: Sendable {
    /// From the start of connecting to the end of the answer: 5 s.
    package static let timeout = TimeAmount.seconds(5)
    /// Bytes of a body: 4 MiB.
    package static let bodyLimit = 4 << 20

    private let group: any EventLoopGroup

    package init(group: any EventLoopGroup) {
        self.group = group
    }

    /// Tells whether something listens there.
    package func probe(_ target: LoadTarget) async throws(LoadError) {
        let channel = try await self.connect(target) { _ in }
        channel.close(promise: nil)
    }

    /// The status and body of an answer.
    package func get(_ path: String, of target: LoadTarget) async throws(LoadError) -> (status: Int, body: [UInt8]) {
        let answer = self.group.next().makePromise(of: Answer.self)
        let expiry = answer.futureResult.eventLoop.scheduleTask(in: Self.timeout) {
            answer.fail(AnswerError.timedOut)
        }
        defer { expiry.cancel() }

        let channel: any Channel
        do throws(LoadError) {
            channel = try await self.connect(target) { channel in
                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                try channel.pipeline.syncOperations.addHandler(AnswerChannelHandler(answer, path: path, target: target))
            }
        } catch {
            answer.fail(error)
            throw error
        }
        defer { channel.close(promise: nil) }

        do { return try await answer.futureResult.map { ($0.status, $0.body) }.get() } catch {
            throw .cannotCheck("GET \(path.prefix { $0 != "?" }) of \(target): \(error)")
        }
    }

    private func connect(
        _ target: LoadTarget,
        _ prepare: @escaping @Sendable (any Channel) throws -> Void
    ) async throws(LoadError) -> any Channel {
        do {
            return try await ClientBootstrap(group: self.group)
                .connectTimeout(.seconds(2))
                .channelInitializer { channel in channel.eventLoop.makeCompletedFuture { try prepare(channel) } }
                .connect(host: target.host, port: target.port)
                .get()
        } catch {
            throw .cannotConnect(url: target.description, reason: Self.reason(error))
        }
    }

    /// What the system said to the last address tried.
    private static func reason(_ error: any Error) -> String {
        guard let error = error as? NIOConnectionError else { return "\(error)" }
        if let single = error.connectionErrors.last?.error as? IOError { return single.description }
        if error.dnsAError != nil || error.dnsAAAAError != nil { return "the name is not known" }
        return error.connectionErrors.last.map { "\($0.error)" } ?? "no address"
    }
}

private struct Answer: Sendable {
    var status: Int
    var body: [UInt8]
}

private enum AnswerError: Error, CustomStringConvertible {
    case timedOut
    case closed
    case tooLarge

    var description: String {
        switch self {
        case .timedOut: "no answer in time"
        case .closed: "connection closed"
        case .tooLarge: "answer too large"
        }
    }
}

/// Sends one request as soon as the connection is open, and collects its answer.
private final class AnswerChannelHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let promise: EventLoopPromise<Answer>
    private let head: HTTPRequestHead
    private var answer = Answer(status: 0, body: [])

    init(_ promise: EventLoopPromise<Answer>, path: String, target: LoadTarget) {
        self.promise = promise
        var headers = target.headers
        headers.add(name: "connection", value: "close")
        self.head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: headers)
    }

    func channelActive(context: ChannelHandlerContext) {
        context.write(self.wrapOutboundOut(.head(self.head)), promise: nil)
        context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head): self.answer.status = Int(head.status.code)
        case .body(let bytes):
            self.answer.body += bytes.readableBytesView
            if self.answer.body.count > HTTPGetter.bodyLimit { self.fail(context, AnswerError.tooLarge) }
        case .end: self.promise.succeed(self.answer)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.fail(context, error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.promise.fail(AnswerError.closed)
        context.fireChannelInactive()
    }

    private func fail(_ context: ChannelHandlerContext, _ error: any Error) {
        self.promise.fail(error)
        context.close(promise: nil)
    }
}
