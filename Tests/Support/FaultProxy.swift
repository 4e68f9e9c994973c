import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// A TCP proxy in front of a server, that breaks what goes through it in the way a test wants.
///
/// All settings may be changed while connections are open.
package final class FaultProxy: Sendable {
    /// The fate of bytes.
    package enum Mode: Hashable, Sendable {
        case pass
        /// Each piece arrives later by this much, in order.
        case latency(Duration)
        /// Everything is taken and nothing arrives, in both directions; connections stay open.
        case blackHole
        /// New connections are closed as soon as they are open.
        case refuse
    }

    package enum Direction: Hashable, Sendable { case toServer, toClient }

    /// The end of the connection behind the last byte that is let through.
    package enum End: Hashable, Sendable {
        /// Both sides are closed in the ordinary way.
        case close
        /// The client's side is reset.
        case reset
        /// The rest in this direction is swallowed; the connection stays open.
        case swallow
    }

    /// One cut, of whichever connection carries the byte.
    package struct Cut: Hashable, Sendable {
        package let direction: Direction
        package let after: Int
        package let end: End

        package init(_ direction: Direction, after: Int, _ end: End) {
            self.direction = direction
            self.after = after
            self.end = end
        }
    }

    private struct State {
        var mode = Mode.pass
        var cut: Cut?
        var bytes: [Direction: Int] = [:]
        var clients: [ObjectIdentifier: any Channel] = [:]
        var accepted = 0
    }

    private let state = Mutex(State())
    private let listener: any Channel
    package let port: Int

    /// Listens on a free loopback port for connections to `target` on the same interface.
    package init(to target: Int) async throws {
        let hub = Hub()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(ChannelOptions.autoRead, value: false)
            .childChannelInitializer { client in
                guard let proxy = hub.proxy.withLock(\.value) else { return client.close() }
                return proxy.join(client, target: target)
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        self.listener = listener
        self.port = listener.localAddress?.port ?? 0
        hub.proxy.withLock { $0.value = self }
    }

    deinit { self.listener.close(promise: nil) }

    /// Connections taken since the start.
    package var accepted: Int { self.state.withLock(\.accepted) }
    /// Connections that are open now.
    package var open: Int { self.state.withLock(\.clients.count) }

    package var mode: Mode {
        get { self.state.withLock(\.mode) }
        set { self.state.withLock { $0.mode = newValue } }
    }

    /// Counts bytes anew and cuts once, when the count is reached; after that everything passes again.
    package func cutOnce(_ cut: Cut) {
        self.state.withLock { state in
            state.cut = cut
            state.bytes = [:]
        }
    }

    /// Whether the cut has happened.
    package var hasCut: Bool { self.state.withLock { $0.cut == nil } }

    /// Bytes let through since the start or the last ``cutOnce(_:)``.
    package func bytes(_ direction: Direction) -> Int { self.state.withLock { $0.bytes[direction] ?? 0 } }

    /// Resets every open connection.
    package func reset() { for client in self.clients { Self.reset(client) } }

    /// Closes every open connection's way to the client and leaves the other open.
    package func halfClose() { for client in self.clients { client.close(mode: .output, promise: nil) } }

    /// Closes every open connection.
    package func closeAll() { for client in self.clients { client.close(promise: nil) } }

    /// Stops listening and closes every connection.
    package func stop() async throws {
        self.closeAll()
        try await self.listener.close()
    }

    private var clients: [any Channel] { self.state.withLock { Array($0.clients.values) } }

    fileprivate static func reset(_ channel: any Channel) {
        guard let socket = channel as? any SocketOptionProvider else { return channel.close(promise: nil) }
        // To close at once, without lingering, is what sends a reset.
        socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
    }

    private func join(_ client: any Channel, target: Int) -> EventLoopFuture<Void> {
        // In one step, so that whoever sees the count can also close the connection.
        let mode = self.state.withLock { state in
            state.accepted += 1
            if state.mode != .refuse { state.clients[ObjectIdentifier(client)] = client }
            return state.mode
        }
        guard mode != .refuse else { return client.close() }
        client.closeFuture.whenComplete { [weak self] _ in
            self?.state.withLock { state in state.clients[ObjectIdentifier(client)] = nil }
        }
        return ClientBootstrap(group: client.eventLoop)
            .channelOption(ChannelOptions.autoRead, value: false)
            .connect(host: "127.0.0.1", port: target)
            .flatMap { server in self.join(client, to: server) }
            .flatMapError { _ in client.close() }
    }

    private func join(_ client: any Channel, to server: any Channel) -> EventLoopFuture<Void> {
        client.eventLoop.makeCompletedFuture {
            let toServer = Pipe(self, .toServer, client: client, other: server)
            let toClient = Pipe(self, .toClient, client: client, other: client)
            try client.pipeline.syncOperations.addHandler(toServer)
            try server.pipeline.syncOperations.addHandler(toClient)
            client.closeFuture.whenComplete { _ in server.close(promise: nil) }
            server.closeFuture.whenComplete { _ in client.close(promise: nil) }
            try client.syncOptions?.setOption(ChannelOptions.autoRead, value: true)
            try server.syncOptions?.setOption(ChannelOptions.autoRead, value: true)
        }
    }

    /// The decision about `count` more bytes: let so many through, and then perhaps end.
    fileprivate func pass(_ count: Int, _ direction: Direction) -> (allowed: Int, end: End?, mode: Mode) {
        self.state.withLock { state in
            let before = state.bytes[direction] ?? 0
            guard let cut = state.cut, cut.direction == direction, before + count > cut.after else {
                state.bytes[direction] = before + count
                return (count, nil, state.mode)
            }
            let allowed = max(cut.after - before, 0)
            state.bytes[direction] = before + allowed
            state.cut = nil
            return (allowed, cut.end, state.mode)
        }
    }

    /// Lets the listener, which is there first, find the proxy.
    private final class Hub: Sendable {
        struct Weak {
            weak var value: FaultProxy?
        }

        let proxy = Mutex(Weak())
    }

    /// One direction of one connection.
    private final class Pipe: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let proxy: FaultProxy
        private let direction: Direction
        private let client: any Channel
        private let other: any Channel
        private let isSwallowing = Mutex(false)

        init(_ proxy: FaultProxy, _ direction: Direction, client: any Channel, other: any Channel) {
            self.proxy = proxy
            self.direction = direction
            self.client = client
            self.other = other
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var bytes = Self.unwrapInboundIn(data)
            guard !self.isSwallowing.withLock(\.self) else { return }
            let (allowed, end, mode) = self.proxy.pass(bytes.readableBytes, self.direction)
            guard mode != .blackHole, let piece = bytes.readSlice(length: allowed) else { return }
            let other = self.other
            if case .latency(let delay) = mode {
                let amount = TimeAmount.nanoseconds(Int64(delay / .nanoseconds(1)))
                context.eventLoop.scheduleTask(in: amount) { other.writeAndFlush(piece, promise: nil) }
            } else {
                other.writeAndFlush(piece, promise: nil)
            }
            switch end {
            case nil: break
            case .swallow: self.isSwallowing.withLock { $0 = true }
            // After the write, so that the last piece still arrives.
            case .close: other.writeAndFlush(ByteBuffer()).whenComplete { _ in self.client.close(promise: nil) }
            case .reset: other.writeAndFlush(ByteBuffer()).whenComplete { _ in FaultProxy.reset(self.client) }
            }
        }
    }
}
