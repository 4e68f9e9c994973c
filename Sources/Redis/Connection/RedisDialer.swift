package import NIOCore
import NIOPosix
import NIOSSL
import TLS

/// Opens sockets to one address, with TLS where the address asks for it.
package struct RedisDialer: Sendable {
    private let address: RedisAddress
    private let connectTimeout: TimeAmount
    private let tls: NIOSSLContext?

    /// Reads the files of certificates, so it is made once and not for each connection.
    package init(_ configuration: RedisConfiguration) throws(RedisConfigurationError) {
        self.address = configuration.address
        self.connectTimeout = .nanoseconds(configuration.connectTimeout.wholeNanoseconds)
        guard configuration.address.usesTLS else {
            self.tls = nil
            return
        }
        do { self.tls = try TLSFiles.clientContext(configuration.certificate, authority: configuration.caFile) } catch {
            throw .tls(error)
        }
    }

    /// Opens one socket whose bytes `handler` gets.
    package func connect(
        on eventLoop: any EventLoop,
        handler: NIOLoopBound<RedisChannelHandler>
    ) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(self.connectTimeout)
            .channelOption(ChannelOptions.socketOption(.so_keepalive), value: 1)
            .channelInitializer { [address, tls] channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let secure = try NIOSSLClientHandler(context: tls, serverHostname: address.hostname)
                        try channel.pipeline.syncOperations.addHandler(secure)
                    }
                    try channel.pipeline.syncOperations.addHandler(handler.value)
                }
            }
        switch self.address.place {
        case .tcp(let host, let port):
            return bootstrap.channelOption(ChannelOptions.tcpOption(.tcp_nodelay), value: 1)
                .connect(host: host, port: port)
        case .unix(let path):
            return bootstrap.connect(unixDomainSocketPath: path)
        }
    }
}

extension RedisAddress {
    /// The name that a certificate must bear; `nil` for an address in numbers, which is checked as such.
    fileprivate var hostname: String? {
        guard case .tcp(let host, _) = self.place else { return nil }
        return (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
    }
}
