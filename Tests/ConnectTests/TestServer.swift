import Connect
import HTTPTypes
import Logging
import NIOPosix
import ServiceLifecycle
import SwiftProtobuf
import Synchronization
import Timing
import Web

/// The message of all methods of the test's service; what they do is in its fields.
typealias Note = Google_Rpc_ErrorInfo

func note(_ reason: String, _ domain: String = "", _ metadata: [String: String] = [:]) -> Note {
    .with {
        $0.reason = reason
        $0.domain = domain
        $0.metadata = metadata
    }
}

/// A service whose methods do what their message asks for.
final class Echo: Sendable {
    static let name = "test.v1.EchoService"

    /// Handlers that were cancelled while they slept.
    private let cancelled = Atomic<Int>(0)

    /// The reasons of all messages that unary handlers got.
    private let reasons = Mutex<[String]>([])

    var seen: [String] { self.reasons.withLock { $0 } }

    /// Handlers that have begun to sleep.
    private let sleeping = Atomic<Int>(0)

    var sleepingCount: Int { self.sleeping.load(ordering: .relaxed) }

    var cancelledCount: Int { self.cancelled.load(ordering: .relaxed) }

    struct OwnError: Error {}

    func service() -> RPCService {
        var service = RPCService(Self.name, scope: .write("tests"))
        service.unary("Echo", hasNoSideEffects: true) { try await self.answer($0, $1) }
        service.unary("Put") { try await self.answer($0, $1) }
        service.serverStream("Count", hasNoSideEffects: true) { (input: Note, _, writer: RPCWriter<Note>) in
            let headers = Self.fields(input, "header-")
            if !headers.isEmpty { try await writer.writeHeaders(headers) }
            for number in 0..<(Int(input.domain) ?? 0) {
                let filler = String(repeating: "x", count: Int(input.metadata["filler"] ?? "") ?? 0)
                try await writer.write(note("\(number)", filler))
            }
            try await self.end(input)
            return Self.fields(input, "trailer-")
        }
        service.clientStream("Collect") { (requests: RPCRequests<Note>, _) in
            var reasons: [String] = []
            for try await request in requests {
                try await self.end(request)
                reasons.append(request.reason)
            }
            return RPCAnswer(note(reasons.joined(separator: " ")), headers: [.server: "collector"], trailers: [:])
        }
        service.bidiStream("Chat") { (requests: RPCRequests<Note>, _, writer: RPCWriter<Note>) in
            for try await request in requests {
                try await self.end(request)
                try await writer.write(note("you said \(request.reason)"))
            }
            return [:]
        }
        service.unimplemented("Nothing")
        return service
    }

    private func answer(_ input: Note, _ context: RPCContext) async throws -> RPCAnswer<Note> {
        self.reasons.withLock { $0.append(input.reason) }
        try await self.end(input)
        var output = input
        output.metadata["method"] = "\(context.service)/\(context.method)"
        output.metadata["protocol"] = context.rpcProtocol.rawValue
        output.metadata["timeout"] = context.timeout.map { "\($0)" }
        output.metadata["get"] = context.query.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
        output.metadata["seen"] = context.headers[values: .seen].joined(separator: "|")
        output.metadata["trace"] = context.traceparent
        output.metadata["id"] = context.requestID
        return RPCAnswer(
            output,
            headers: Self.fields(input, "header-"),
            trailers: Self.fields(input, "trailer-")
        )
    }

    /// Fails or sleeps when the message asks for it.
    private func end(_ input: Note) async throws {
        switch input.reason {
        case "fail":
            throw RPCError(
                .resourceExhausted,
                "sold öut %",
                details: [RPCDetail(note("SOLD_OUT", "tally"))],
                headers: Self.fields(input, "header-"),
                trailers: Self.fields(input, "trailer-")
            )
        case "break": throw OwnError()
        case "sleep":
            self.sleeping.wrappingAdd(1, ordering: .relaxed)
            do { try await Task.sleep(for: .seconds(3600), clock: .loop) } catch {
                self.cancelled.wrappingAdd(1, ordering: .relaxed)
                throw error
            }
        default: break
        }
    }

    /// The message's metadata with a prefix, as header fields; values are split at commas.
    private static func fields(_ input: Note, _ prefix: String) -> HTTPFields {
        var fields = HTTPFields()
        for (key, value) in input.metadata.sorted(by: { $0.key < $1.key }) where key.hasPrefix(prefix) {
            guard let name = HTTPField.Name(String(key.dropFirst(prefix.count))) else { continue }
            for part in value.split(separator: ",") { fields.append(HTTPField(name: name, value: String(part))) }
        }
        return fields
    }
}

// swift-format-ignore: NeverForceUnwrap
extension HTTPField.Name {
    static let seen = HTTPField.Name("X-Seen")!
    static let custom = HTTPField.Name("X-Custom")!
    static let trailerCustom = HTTPField.Name("Trailer-X-Custom")!
    static let acceptPost = HTTPField.Name("Accept-Post")!
    static let connectTimeout = HTTPField.Name("Connect-Timeout-Ms")!
    static let connectVersion = HTTPField.Name("Connect-Protocol-Version")!
    static let connectEncoding = HTTPField.Name("Connect-Content-Encoding")!
    static let connectAccept = HTTPField.Name("Connect-Accept-Encoding")!
    static let grpcTimeout = HTTPField.Name("grpc-timeout")!
    static let grpcEncoding = HTTPField.Name("grpc-encoding")!
    static let grpcAccept = HTTPField.Name("grpc-accept-encoding")!
    static let grpcStatus = HTTPField.Name("grpc-status")!
    static let grpcMessage = HTTPField.Name("grpc-message")!
    static let grpcDetails = HTTPField.Name("grpc-status-details-bin")!
}

/// A server with the test's service, on a free port while `body` runs.
enum TestServer {
    static func web(_ change: (inout WebConfiguration) -> Void = { _ in }) -> WebConfiguration {
        var web = WebConfiguration(port: 0)
        web.targetLimit = 8192
        change(&web)
        return web
    }

    static func run(
        _ version: HTTPVersion = .one,
        configuration: ConnectConfiguration = ConnectConfiguration(),
        web limits: WebConfiguration = TestServer.web(),
        _ body: @Sendable @escaping (TestClient, Echo, DrainSignal) async throws -> Void
    ) async throws {
        let echo = Echo()
        let drain = DrainSignal()
        var router = WebRouter()
        RPCServer(
            services: [echo.service(), echo.service().named("old.EchoService")],
            descriptors: [],
            health: { !drain.isDraining },
            configuration: configuration,
            drain: drain
        ).add(to: &router)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var web = limits
        // As settings have it: one number for both.
        web.bodyLimit = configuration.messageLimit
        let bound = AsyncStream<Int>.makeStream()
        let server = WebServer(
            configuration: web,
            router: router,
            observer: RequestObserver(logger: logger, accessLogSample: 0),
            drain: drain,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger,
            onBound: { bound.continuation.yield($0) }
        )
        let group = ServiceGroup(configuration: .init(services: [server], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var ports = bound.stream.makeAsyncIterator()
            guard let port = await ports.next() else { return }
            defer { tasks.cancelAll() }
            try await body(TestClient(port: port, version: version), echo, drain)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}
