private import FoundationEssentials
private import NIOCore
private import NIOPosix

/// Looks for ports on which nobody listens.
package struct PortFinder: Sendable {
    /// Below the range from which the kernel takes ports for outgoing connections.
    ///
    /// A port out of that range could be taken by a connection while the child that listens on it restarts.
    package let range: Range<Int>

    package init() {
        let text = FileManager.default.contents(atPath: "/proc/sys/net/ipv4/ip_local_port_range") ?? Data()
        let first = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.flatMap {
            Int($0)
        }
        let end = min(first ?? 32_768, 32_768)
        self.range = end > 12_000 ? 10_000..<end : 33_000..<60_000
    }

    /// Some ports to try, in no order, so that two systems that start at once seldom want the same.
    package func candidates() -> [Int] { (0..<64).map { _ in Int.random(in: self.range) } }

    /// Whether nobody listens there now, as far as a connection to it shows.
    ///
    /// Listening to find out would be surer, and worse: a child that is being started at that moment holds the socket
    /// for a while, and then the port is in use because we asked.
    package func isFree(_ port: Int, host: String) async -> Bool {
        do {
            let address = try SocketAddress(ipAddress: Self.reachable(host), port: port)
            let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connectTimeout(.milliseconds(500))
                .connect(to: address)
                .get()
            try await channel.close()
            return false
        } catch is IOError {
            return true
        } catch {
            return false
        }
    }

    /// The address at which one finds a listener: `[::1]` is `::1`, and one on all addresses is found on loopback.
    package static func reachable(_ listenAddress: String) -> String {
        switch listenAddress {
        case "0.0.0.0": "127.0.0.1"
        case "[::]": "::1"
        case let address where address.hasPrefix("["): String(address.dropFirst().dropLast())
        case let address: address
        }
    }
}
