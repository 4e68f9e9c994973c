package import NIOCore
import NIOHTTP1
import NIOPosix
import NIOTLS
import TLS

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

    /// Tells whether something listens there, and with TLS whether it is to be believed.
    package func probe(_ target: LoadTarget) async throws(LoadError) {
        let greeted = self.group.next().makePromise(of: Void.self)
        let channel: any Channel
        do throws(LoadError) {
            channel = try await self.connect(target) { channel in
                guard target.tls != nil else { return greeted.succeed() }
                try target.prepare(channel, [GreetingChannelHandler(greeted)])
            }
        } catch {
            greeted.fail(error)
            throw error
        }
        let expiry = channel.eventLoop.scheduleTask(in: Self.timeout) {
            greeted.fail(ChannelError.connectTimeout(Self.timeout))
        }
        defer {
            expiry.cancel()
            channel.close(promise: nil)
        }
        do { try await greeted.futureResult.get() } catch {
            throw .cannotConnect(url: target.description, reason: ConnectFailure.reason(error))
        }
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
                try target.prepare(channel, [AnswerChannelHandler(answer, path: path, target: target)])
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
            throw .cannotConnect(url: target.description, reason: ConnectFailure.reason(error))
        }
    }
}

/// Tells when the service has proved who it is, or why it has not.
private final class GreetingChannelHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let greeted: EventLoopPromise<Void>

    init(_ greeted: EventLoopPromise<Void>) {
        self.greeted = greeted
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { self.greeted.succeed() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { self.greeted.fail(error) }

    func channelInactive(context: ChannelHandlerContext) {
        self.greeted.fail(AnswerError.closed)
        context.fireChannelInactive()
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
