import HTTPTypes
import Hummingbird
import JSON
import Logging
import Metrics
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import Synchronization
import TLS
import Web

/// A hot route that answers `/hot?<text>` with the text, when told to.
final class HeldHotRoute: HotRoute, Sendable {
    private let held = Mutex<[NIOLoopBound<HotExchange>]>([])

    var pattern: HotPattern { .get("/hot") }
    var scope: Scope { .write("hot") }

    var heldCount: Int { self.held.withLock { $0.count } }

    func makeResponder(on eventLoop: any EventLoop) -> any HotResponder { Responder(self, eventLoop) }

    /// Answers all that is held, newest first, so that nothing but the connection keeps the order.
    func release() {
        let all = self.held.withLock { held in
            defer { held = [] }
            return held
        }
        for bound in all.reversed() {
            bound.eventLoop.execute {
                bound.value.finish(PreparedAnswer(.ok, fields: [("content-type", "text/plain")], body: "hot"))
                bound.value.flush()
            }
        }
    }

    private final class Responder: HotResponder {
        let route: HeldHotRoute
        let eventLoop: any EventLoop

        init(_ route: HeldHotRoute, _ eventLoop: any EventLoop) {
            self.route = route
            self.eventLoop = eventLoop
        }

        func respond(to request: HotRequest, _ exchange: HotExchange) -> HotDecision {
            switch request.target {
            case "/hot?now": return .answered(PreparedAnswer(.ok, fields: [], body: "now"))
            case "/hot?held":
                self.route.held.withLock { $0.append(NIOLoopBound(exchange, eventLoop: self.eventLoop)) }
                return .taken
            default: return .declined
            }
        }
    }
}

/// A hot route that answers a POST with `hot`, the length of its target and the body; not when the body says no.
struct PuttingHotRoute: HotRoute {
    let pattern: HotPattern
    let scope = Scope.write("hot")

    func makeResponder(on eventLoop: any EventLoop) -> any HotResponder { Responder() }

    private final class Responder: HotResponder {
        func respond(to request: HotRequest, _ exchange: HotExchange) -> HotDecision {
            let body = String(buffer: request.body)
            guard body != "no" else { return .declined }
            return .answered(PreparedAnswer(.ok, fields: [], body: "hot \(request.target.count) \(body)"))
        }
    }
}

/// Routes that take content.
private func addBodyRoutes(to router: inout WebRouter) {
    router.on(
        .post,
        "/echo",
        scope: .open,
        query: .none,
        effect: .changes(),
        content: .json(limit: 1024)
    ) { request, _ in
        var fields = try await JSONFields(JSONBody.read(request, limit: 1024))
        let text = try fields.string("text")
        try fields.finish()
        return Response(json: "{\"text\":\(JSONText.quoted(text))}")
    }
    router.on(
        .post,
        "/things/{name}/put",
        scope: .write("hot"),
        query: .none,
        effect: .changes(),
        isLimited: false,
        content: .streamed
    ) { request, _ in
        var request = request
        return Response(text: "routed \(String(buffer: try await request.collectBody(upTo: 100)))")
    }
    router.on(
        .post,
        "/mirror",
        scope: .open,
        query: .none,
        effect: .reads,
        isLimited: false,
        content: .streamed
    ) { request, _ in mirror(request) }
    router.on(.post, "/s.v1.S/Put", scope: .open, query: .none, effect: .changes()) { _, _ in
        Response(text: "routed")
    }
}

/// The routes of the test's listener.
private func testRouter() -> WebRouter {
    var router = WebRouter()
    router.on(.get, "/hot", scope: .write("hot"), query: .named(["now", "held"]), effect: .changes()) { _, _ in
        Response(text: "routed hot")
    }
    router.on(.get, "/plain", scope: .open, query: .none, effect: .reads) { _, _ in Response(text: "plain") }
    router.on(.get, "/closed", scope: .read("closed"), query: .none, effect: .reads) { _, _ in
        Response(text: "closed")
    }
    router.on(.get, "/items/{name}", scope: .open, query: .named(["page", "size"]), effect: .reads) {
        Response(text: "\($1.parameters.get("name") ?? "")\($1.query["page"] ?? "")")
    }
    router.on(.get, "/packed", scope: .open, query: .none, effect: .reads) { _, _ in
        let json = "{\"text\":\"\(String(repeating: "tally ", count: 5000))\"}"
        return Response(json: json, fields: [.eTag: "\"a@1\"", .vary: "Origin"])
    }
    router.on(
        .post,
        "/protocol",
        scope: .open,
        query: .none,
        effect: .changes(honouring: [.ifMatch]),
        objectsItself: true
    ) { _, context in Response(text: context.objection?.slug ?? "carried out") }
    router.on(.get, "/slow", scope: .open, query: .none, effect: .reads) { _, _ in
        try await Task.sleep(for: .seconds(60))
        return Response(text: "late")
    }
    router.on(.get, "/long", scope: .open, query: .none, effect: .reads) { _, _ in
        Response(text: String(repeating: "x", count: 8_000_000) + "end")
    }
    router.on(.get, "/broken", scope: .open, query: .none, effect: .reads) { _, _ in throw CocoaLikeError() }
    addBodyRoutes(to: &router)
    addOddAnswers(to: &router)
    addKeyedTwins(to: &router)
    return router
}

/// Runs `body` against a real listener on a free port, and stops it.
func withServer(
    _ configuration: WebConfiguration = WebConfiguration(port: 0),
    drain: DrainSignal = DrainSignal(),
    access: (any AccessGuard)? = nil,
    certificate: ServerCertificate? = nil,
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    _ body: @Sendable @escaping (Int, HeldHotRoute, ServiceGroup) async throws -> Void
) async throws {
    let (hot, bound) = (HeldHotRoute(), AsyncStream<Int>.makeStream())
    let server = WebServer(
        configuration: configuration,
        router: testRouter(),
        hotRoutes: [
            hot, PuttingHotRoute(pattern: .post("/things/", "/put")), PuttingHotRoute(pattern: .post("/s.v1.S/Put")),
        ],
        observer: RequestObserver(logger: logger, accessLogSample: 1),
        drain: drain,
        access: access,
        certificate: certificate,
        eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
        logger: logger,
        onBound: { bound.continuation.yield($0) }
    )
    let group = ServiceGroup(configuration: .init(services: [server], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        var ports = bound.stream.makeAsyncIterator()
        guard let port = await ports.next() else { return }
        do { try await body(port, hot, group) } catch {
            await group.triggerGracefulShutdown()
            tasks.cancelAll()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
    }
}

/// The twins of the open routes, for callers with a key.
private func addKeyedTwins(to router: inout WebRouter) {
    let scope = Scope.write("hot")
    router.on(.get, "/keyed/plain", scope: scope, query: .none, effect: .reads) { _, _ in Response(text: "plain") }
    router.on(.get, "/keyed/long", scope: scope, query: .none, effect: .reads) { _, _ in
        Response(text: String(repeating: "x", count: 8_000_000))
    }
    router.on(.get, "/keyed/slow", scope: scope, query: .none, effect: .reads) { _, _ in
        try await Task.sleep(for: .seconds(60))
        return Response(text: "late")
    }
    router.on(.get, "/keyed/costly", scope: scope, query: .none, effect: .reads, isCostly: true) { _, _ in
        try await Task.sleep(for: .seconds(60))
        return Response(text: "late")
    }
    router.on(.post, "/keyed/echo", scope: scope, query: .none, effect: .changes(), content: .json()) { _, _ in
        Response(text: "echo")
    }
}

/// Answers that say more, or other things, than their status or their head lets them.
private func addOddAnswers(to router: inout WebRouter) {
    for status in [HTTPResponse.Status.noContent, .resetContent, .notModified] {
        router.on(.get, "/odd/\(status.code)", scope: .open, query: .none, effect: .reads) { _, _ in
            Response(status: status, text: "content")
        }
    }
    router.on(.get, "/odd/stream", scope: .open, query: .none, effect: .reads) { _, _ in
        Response(
            status: .ok,
            body: ResponseBody { writer in
                for _ in 0..<3 { try await writer.write(ByteBuffer(string: "piece")) }
                try await writer.finish([.lastModified: "now"])
            }
        )
    }
    for length in [1, 9] {
        router.on(.get, "/odd/length/\(length)", scope: .open, query: .none, effect: .reads) { _, _ in
            Response(
                status: .ok,
                headers: [.contentLength: "\(length)"],
                body: ResponseBody(contentLength: length) { writer in
                    try await writer.write(ByteBuffer(string: "four"))
                    try await writer.finish(nil)
                }
            )
        }
    }
}

/// An answer that gives each piece of the body back as it comes, and how many bytes there were as a trailer.
func mirror(_ request: Request) -> Response {
    Response(
        status: .ok,
        headers: [.contentType: "application/grpc"],
        body: ResponseBody { writer in
            var count = 0
            for try await piece in request.body {
                count += piece.readableBytes
                try await writer.write(piece)
            }
            try await writer.finish([.lastModified: "\(count)"])
        }
    )
}

struct CocoaLikeError: Error {}

/// A plain request.
func get(_ target: String, _ extra: String = "", method: String = "GET", version: String = "1.1") -> String {
    "\(method) \(target) HTTP/\(version)\r\nHost: here\r\n\(extra)\r\n"
}

/// The usual limits, changed.
func limits(_ change: (inout WebConfiguration) -> Void) -> WebConfiguration {
    var configuration = WebConfiguration(port: 0)
    change(&configuration)
    return configuration
}
