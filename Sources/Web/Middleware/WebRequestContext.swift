package import Hummingbird
import NIOCore

/// What travels with one routed request.
package struct WebRequestContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// The name of the request in its answer, in logs and in problems.
    package var requestID = ""
    /// The caller's place in its trace, when it sent a valid one: passed on to whatever the request sets off.
    package var traceparent: String?
    /// The connection, or its one stream that the request came on.
    private let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.channel = source.channel
    }

    /// Calls `work` once, when nothing can reach the client any more.
    package func whenGone(_ work: @escaping @Sendable () -> Void) {
        self.channel.closeFuture.whenComplete { _ in work() }
    }

    /// Ends a client that keeps an answer waiting: its connection, or its one stream.
    package func cutOff() { self.channel.close(promise: nil) }
}
