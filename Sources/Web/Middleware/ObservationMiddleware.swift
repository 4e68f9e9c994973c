import HTTPTypes
package import Hummingbird
import Logging
import NIOCore
import Synchronization

/// Names each routed request, turns whatever a route throws into a problem, counts it and logs it.
///
/// The outermost middleware: no answer of the router leaves without `X-Request-Id`.
package struct ObservationMiddleware: RouterMiddleware {
    private let observer: RequestObserver
    private let requestIDs = SharedRequestIDs()

    package init(_ observer: RequestObserver) {
        self.observer = observer
    }

    package func handle(
        _ request: Request,
        context: WebRequestContext,
        next: @concurrent (Request, WebRequestContext) async throws -> Response
    ) async throws -> Response {
        let started = ContinuousClock.now
        var context = context
        context.requestID = self.requestID(of: request)
        context.logger[metadataKey: "request_id"] = "\(context.requestID)"
        context.logger[metadataKey: "hb.request.id"] = nil
        context.traceparent = request.headers[.traceparent].flatMap { TraceParent.isValid($0) ? $0 : nil }
        if let parent = context.traceparent { context.logger[metadataKey: "traceparent"] = "\(parent)" }
        let note = CauseNote()
        var response: Response
        do {
            let named = context
            response = try await AnswerCause.$note.withValue(note) { try await next(request, named) }
        } catch {
            // A failure after the client has left is that client's doing.
            if !Task.isCancelled, let error = error as? any ProblemConvertible { note.write(error.problem.cause) }
            response = self.response(for: error, context)
        }
        response.headers[.requestID] = context.requestID
        self.observer.observe(
            route: context.endpointPath ?? "none",
            method: Self.knownMethods.contains(request.method) ? request.method.rawValue : "other",
            status: response.status.code,
            cause: note.cause(ofStatus: response.status.code),
            duration: ContinuousClock.now - started,
            requestID: context.requestID,
            traceparent: context.traceparent
        )
        return response
    }

    private func response(for error: any Error, _ context: WebRequestContext) -> Response {
        switch error {
        case let error as any ProblemConvertible:
            let problem = error.problem
            let hasLeft = Task.isCancelled && problem.status.kind == .serverError
            return (hasLeft ? .clientClosedRequest : problem).response(requestID: context.requestID)
        case let error as HTTPError where error.status == .notFound:
            return Problem.notFound.response(requestID: context.requestID)
        case let error as HTTPError where error.status == .contentTooLarge:
            return Problem.payloadTooLarge.response(requestID: context.requestID)
        case is ChannelError, is IOError:
            // The client left in the middle of its body, or was sent away: nobody reads this, but it is counted.
            return Problem.requestTimeout.response(requestID: context.requestID)
        case _ where error is CancellationError || Task.isCancelled:
            // A stream that its client gives up is the only thing that cancels a request from outside, whatever error
            // the work makes of that.
            return Problem.clientClosedRequest.response(requestID: context.requestID)
        default:
            // The type only: a description may hold what the client sent.
            context.logger.error("Unmapped error", metadata: ["error_type": "\(type(of: error))"])
            return Problem.internalError.response(requestID: context.requestID)
        }
    }

    private func requestID(of request: Request) -> String {
        let given = request.headers[values: .requestID]
        if given.count == 1, RequestID.isValid(given[0]) { return given[0] }
        return self.requestIDs.next()
    }

    /// Other methods are one label, so that clients cannot make new series.
    private static let knownMethods: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .patch, .delete, .options]
}

private final class SharedRequestIDs: Sendable {
    private let generator: Mutex<RequestIDGenerator>

    init() {
        var random = SystemRandomNumberGenerator()
        self.generator = Mutex(RequestIDGenerator(using: &random))
    }

    func next() -> String { self.generator.withLock { $0.next() } }
}

extension Problem {
    package func response(requestID: String) -> Response {
        let body = ByteBuffer(string: self.body(requestID: requestID))
        return Response(status: self.status, headers: self.fields, body: .init(byteBuffer: body))
    }
}
