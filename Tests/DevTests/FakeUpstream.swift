import NIOCore
import NIOPosix
import Support
import Synchronization

/// An HTTP server that counts what reaches it, and then answers, or dies on it.
final class FakeUpstream: Sendable {
    enum Behaviour: Sendable {
        case answering
        /// Takes its time.
        case late(Duration)
        /// Answers with this many bytes.
        case long(Int)
        /// Begins a chunked answer and goes on only much later.
        case pausing(String, then: Duration)
        /// Resets the connection when it has read a whole request.
        case killing
        /// The same with each request but every second one: several instances behind one name, of which one dies.
        case killingHalf
        /// Nobody listens on its port.
        case refusing
    }

    let port: Int
    private let listener: (any Channel)?
    private let requests: Requests

    fileprivate final class Requests: Sendable {
        let all = Mutex<[String]>([])
    }

    private init(port: Int, listener: (any Channel)?, requests: Requests) {
        self.port = port
        self.listener = listener
        self.requests = requests
    }

    static func start(_ behaviour: Behaviour) async throws -> FakeUpstream {
        let requests = Requests()
        if case .refusing = behaviour {
            return FakeUpstream(port: try freePort(), listener: nil, requests: requests)
        }
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(UpstreamHandler(behaviour, requests))
                }
            }
            .childChannelOption(.socketOption(.so_linger), value: 0)
            .bind(host: "127.0.0.1", port: 0)
            .get()
        return FakeUpstream(port: listener.localAddress?.port ?? 0, listener: listener, requests: requests)
    }

    var hits: Int { self.requests.all.withLock(\.count) }

    var lastRequest: String { self.requests.all.withLock { $0.last ?? "" } }

    func stop() async throws { try await self.listener?.close() }
}

private final class UpstreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let behaviour: FakeUpstream.Behaviour
    private let requests: FakeUpstream.Requests
    private var received = ""

    init(_ behaviour: FakeUpstream.Behaviour, _ requests: FakeUpstream.Requests) {
        self.behaviour = behaviour
        self.requests = requests
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.received += String(buffer: self.unwrapInboundIn(data))
        // The only body that the tests send is `{}`.
        let hasBody = self.received.contains("Content-Length: 2\r\n")
        guard self.received.hasSuffix(hasBody ? "\r\n\r\n{}" : "\r\n\r\n") else { return }
        let request = self.received
        self.received = ""
        self.requests.all.withLock { $0.append(request) }
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        switch self.behaviour {
        case .killing: context.close(promise: nil)
        case .killingHalf where self.requests.all.withLock({ $0.count % 2 == 1 }): context.close(promise: nil)
        case .late(let delay):
            let channel = context.channel
            context.eventLoop.scheduleTask(in: TimeAmount(delay)) {
                channel.writeAndFlush(ByteBuffer(string: answer), promise: nil)
            }
        case .long(let count):
            let body = String(repeating: "k", count: count)
            let text = "HTTP/1.1 200 OK\r\nContent-Length: \(count)\r\n\r\n\(body)"
            context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        case .pausing(let piece, let pause):
            let length = String(piece.utf8.count, radix: 16)
            let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(length)\r\n\(piece)\r\n"
            context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
            let channel = context.channel
            context.eventLoop.scheduleTask(in: TimeAmount(pause)) {
                channel.writeAndFlush(ByteBuffer(string: "0\r\n\r\n"), promise: nil)
            }
        case .answering, .killingHalf, .refusing:
            context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
        }
    }
}
