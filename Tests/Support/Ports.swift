import NIOCore
import NIOPosix
import Synchronization

/// Whether nobody listens on a port of the loopback interface just now.
package func isFree(_ port: Int) -> Bool {
    let channel = try? ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .bind(host: "127.0.0.1", port: port)
        .wait()
    try? channel?.close().wait()
    return channel != nil
}

/// A TCP port of the loopback interface that nobody else gets: not from here, and not as a client's own port.
///
/// The kernel gives clients ports from 32,768 on (`ip_local_port_range`).
package func freePort() throws -> Int {
    for _ in 0..<20_000 {
        let port = nextPort.withLock { next in
            next = next == lastPort ? firstPort : next + 1
            return next
        }
        if isFree(port) { return port }
    }
    throw NeverHappened(description: "no port is free")
}

private let firstPort = 10_000
private let lastPort = 32_000
private let nextPort = Mutex(Int.random(in: firstPort...lastPort))
