import NIOCore
import NIOHTTP1
import NIOPosix

/// Asks this machine's process for its readiness, for orchestrators that can only run a command.
package enum HealthProbe {
    package struct Answer: Hashable, Sendable {
        package let isReady: Bool
        package let text: String
    }

    private static let deadline = TimeAmount.seconds(2)

    /// Asks `/readyz` of an admin listener; never takes longer than 2 s.
    package static func ask(_ address: (host: String, port: Int)) async -> Answer {
        do {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(Self.deadline)
                .connect(host: address.host, port: address.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        return try NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>(
                            wrappingChannelSynchronously: channel
                        )
                    }
                }
            let timer = channel.channel.eventLoop.scheduleTask(in: Self.deadline) {
                channel.channel.close(promise: nil)
            }
            defer { timer.cancel() }
            return try await channel.executeThenClose { inbound, outbound in
                let headers: HTTPHeaders = ["host": address.host, "connection": "close"]
                let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/readyz", headers: headers)
                try await outbound.write(contentsOf: [.head(head), .end(nil)])
                for try await case .head(let head) in inbound {
                    return Answer(isReady: head.status == .ok, text: head.status == .ok ? "ready" : "not ready")
                }
                return Answer(isReady: false, text: "no answer")
            }
        } catch {
            return Answer(isReady: false, text: "cannot be asked on port \(address.port)")
        }
    }
}
