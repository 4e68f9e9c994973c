package import Hummingbird

/// What travels with one routed request.
package struct WebRequestContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// The name of the request in its answer, in logs and in problems.
    package var requestID = ""
    /// The caller's place in its trace, when it sent a valid one: passed on to whatever the request sets off.
    package var traceparent: String?

    package init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
    }
}
