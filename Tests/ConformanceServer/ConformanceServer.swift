import Connect
import Foundation
import Logging
import NIOPosix
import ServiceLifecycle
import SwiftProtobuf
import TLS
import UnixSignals
import Web

/// A server for the Connect conformance suite, and for our own runner of such cases: `Peer/conformance.py`.
///
/// It is told on standard input what to serve, and says on standard output where. It serves until SIGTERM: the suite
/// closes standard input at once, so its end means nothing.
@main
struct ConformanceServer {
    static func main() async throws {
        let order = try Self.readOrder()
        guard order.httpVersion != .httpVersion3 else {
            try FileHandle.standardError.write(contentsOf: Data("conformance-server: no HTTP/3 here\n".utf8))
            exit(69)
        }
        registerMessages()
        let credentials = order.useTls ? try Credentials(order) : nil
        let limit = Int(order.messageReceiveLimit)
        let server = Self.server(messageLimit: limit, certificate: credentials?.certificate) { port in
            let answer = ServerCompatResponse.with {
                ($0.host, $0.port) = ("127.0.0.1", UInt32(port))
                $0.pemCert = credentials?.pem ?? Data()
            }
            try? Self.write(answer)  // A launcher that is gone needs no answer.
        }
        let group = ServiceGroup(
            configuration: .init(
                services: [server],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "conformance-server") { StreamLogHandler.standardError(label: $0) }
            )
        )
        try await group.run()
    }

    /// Everything that the runtime speaks comes on one port, so which protocol is asked for does not matter.
    private static func server(
        messageLimit: Int,
        certificate: ServerCertificate?,
        onBound: @escaping @Sendable (Int) -> Void
    ) -> WebServer {
        var logger = Logger(label: "conformance-server") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .error
        var web = WebConfiguration(port: 0)
        web.targetLimit = 8192
        var connect = ConnectConfiguration()
        if messageLimit > 0 { connect.messageLimit = messageLimit }
        web.bodyLimit = connect.messageLimit
        let drain = DrainSignal()
        let rpc = RPCServer(
            services: [ConformanceService.make()],
            descriptors: [PackageResources.conformance_binpb],
            health: { !drain.isDraining },
            configuration: connect,
            drain: drain
        )
        var router = WebRouter()
        rpc.add(to: &router)
        return WebServer(
            configuration: web,
            router: router,
            observer: RequestObserver(logger: logger, accessLogSample: 0),
            drain: drain,
            certificate: certificate,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger,
            onBound: onBound
        )
    }

    private static func readOrder() throws -> ServerCompatRequest {
        let length = try Self.read(4).reduce(0) { $0 << 8 | Int($1) }
        return try ServerCompatRequest(serializedBytes: try Self.read(length))
    }

    private static func read(_ count: Int) throws -> Data {
        var data = Data()
        while data.count < count {
            guard let piece = try FileHandle.standardInput.read(upToCount: count - data.count) else {
                throw CocoaError(.fileReadCorruptFile)
            }
            data += piece
        }
        return data
    }

    private static func write(_ message: some Message) throws {
        let bytes: [UInt8] = try message.serializedBytes()
        let length = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: bytes.count >> $0) }
        try FileHandle.standardOutput.write(contentsOf: length + bytes)
    }
}
