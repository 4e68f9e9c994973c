import NIOCore
import NIOPosix

/// Whether nobody listens on a port of the loopback interface just now.
package func isFree(_ port: Int) -> Bool {
    let channel = try? ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .bind(host: "127.0.0.1", port: port)
        .wait()
    try? channel?.close().wait()
    return channel != nil
}

/// A TCP port of the loopback interface that was free a moment ago.
package func freePort() throws -> Int {
    let channel = try ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .bind(host: "127.0.0.1", port: 0)
        .wait()
    defer { try? channel.close().wait() }
    guard let port = channel.localAddress?.port else { throw NeverHappened(description: "a bound socket has no port") }
    return port
}
