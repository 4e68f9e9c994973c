package import Hummingbird
import NIOCore

/// The values that travel with one routed request.
package struct WebRequestContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// The name of the request in its answer, in logs and in problems.
    package var requestID = ""
    /// The caller's place in its trace, when it sent a valid one: passed on to whatever the request sets off.
    package var traceparent: String?
    /// The caller of the request.
    package var caller = Caller.anonymous
    /// Why the caller may not, for a route that answers that itself.
    package var refusal: AccessRefusal?
    /// The request's query, whose names are all the route's own.
    package var query = QueryParameters()
    /// The fault of the query, or of another demand of the request, for a route that answers that itself.
    package var objection: Problem?
    /// The connection, or its one stream that the request came on.
    private let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.channel = source.channel
    }

    /// Whether somebody still waits for a long answer: one who ends the connection's other half does not.
    package func isAwaited() async -> Bool {
        guard self.channel.isActive else { return false }
        let channel = self.channel
        let hasLeft = channel.eventLoop.submit {
            // A stream of HTTP/2 has no such handler; it is gone with its channel.
            let handler = try? channel.pipeline.syncOperations.handler(type: HTTPConnectionChannelHandler.self)
            return handler?.isInputEndHeld ?? false
        }
        return await (try? hasLeft.get()) != true
    }

    /// Ends a client that keeps an answer waiting: its connection, or its one stream.
    package func cutOff() { self.channel.close(promise: nil) }
}
