import NIOCore
import NIOPosix
import Synchronization

/// A TCP client that sends exactly the bytes it is given and collects what comes back.
package final class RawConnection: Sendable {
    package struct TimedOut: Error { let received: String }

    private final class Collector: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        let received = Mutex("")
        let isEnded = Mutex(false)

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let text = String(buffer: self.unwrapInboundIn(data))
            self.received.withLock { $0 += text }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed = event { self.isEnded.withLock { $0 = true } }
        }

        func channelInactive(context: ChannelHandlerContext) { self.isEnded.withLock { $0 = true } }
    }

    private let channel: any Channel
    private let collector: Collector

    package static func open(port: Int) async throws -> RawConnection {
        let collector = Collector()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in channel.pipeline.addHandler(collector) }
            .connect(host: "127.0.0.1", port: port).get()
        return RawConnection(channel: channel, collector: collector)
    }

    private init(channel: any Channel, collector: Collector) {
        self.channel = channel
        self.collector = collector
    }

    package var received: String { self.collector.received.withLock { $0 } }

    package var isEnded: Bool { self.collector.isEnded.withLock { $0 } }

    /// Stops taking bytes from the socket, so that the server's send buffer fills.
    package func pauseReading() async throws {
        try await self.channel.setOption(.autoRead, value: false).get()
    }

    package func resumeReading() async throws {
        try await self.channel.setOption(.autoRead, value: true).get()
        self.channel.read()
    }

    package func send(_ text: String) async throws {
        try await self.channel.writeAndFlush(ByteBuffer(string: text)).get()
    }

    package func endInput() async throws { try await self.channel.close(mode: .output).get() }

    /// Waits until what was received satisfies `condition`, at most 20 s.
    package func read(until condition: @Sendable (String) -> Bool) async throws -> String {
        for _ in 0..<2000 {
            let received = self.received
            if condition(received) { return received }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw TimedOut(received: self.received)
    }

    /// Waits until the server has closed its side, and returns all that it sent.
    package func readToEnd() async throws -> String {
        for _ in 0..<2000 {
            if self.isEnded { return self.received }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw TimedOut(received: self.received)
    }

    package func close() { self.channel.close(promise: nil) }
}

/// The status codes of the answers in `text`, in order.
package func statuses(_ text: String) -> [Int] {
    text.split(separator: "HTTP/1.1 ", omittingEmptySubsequences: false).dropFirst().compactMap { Int($0.prefix(3)) }
        + text.split(separator: "HTTP/1.0 ", omittingEmptySubsequences: false).dropFirst()
        .compactMap { Int($0.prefix(3)) }
}
