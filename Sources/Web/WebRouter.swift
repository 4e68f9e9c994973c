package import HTTPTypes
package import Hummingbird

/// The routes of one listener, collected before it starts.
package struct WebRouter: Sendable {
    package typealias Handler = @Sendable (Request, WebRequestContext) async throws -> Response

    private var table = RouteTable()
    private var routes: [Route] = []

    private struct Route: Sendable {
        let method: HTTPRequest.Method
        let path: String
        let scope: Scope
        let isLimited: Bool
        let refusesItself: Bool
        let handler: Handler
    }

    package init() {}

    /// Adds a route.
    ///
    /// `path` begins with `/`; a segment `{name}` is a parameter. GET answers HEAD as well. A caller without `scope` is
    /// refused with a problem; a route that `refusesItself` is called all the same, and has to look at the context's
    /// ``WebRequestContext/refusal``.
    package mutating func on(
        _ method: HTTPRequest.Method,
        _ path: String,
        scope: Scope,
        isLimited: Bool = true,
        refusesItself: Bool = false,
        use handler: @escaping Handler
    ) {
        self.table.add(method, path)
        self.routes.append(
            Route(
                method: method,
                path: path,
                scope: scope,
                isLimited: isLimited,
                refusesItself: refusesItself,
                handler: handler
            )
        )
    }

    /// The responder with all that every route has in common: names, problems, limits, 404 and 405.
    package func makeResponder(
        observer: RequestObserver,
        configuration: WebConfiguration,
        access: (any AccessGuard)? = nil
    ) -> some HTTPResponder<WebRequestContext> {
        let router = Router(context: WebRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: ObservationMiddleware(observer))
        router.add(middleware: RouteTableMiddleware(self.table))
        let limits = RequestLimits(
            deadline: configuration.requestDeadline,
            concurrentLimit: configuration.concurrentRequestLimit
        )
        for route in self.routes {
            router.on(RouterPath(route.path), method: route.method) { request, context in
                var context = context
                switch access?.judge(request.headers[values: .authorization], for: route.scope) {
                case nil: break
                case .admitted(let caller): context.caller = caller
                case .refused(let refusal):
                    access?.refused(refusal)
                    guard route.refusesItself else { throw refusal }
                    context.refusal = refusal
                }
                let admitted = context
                guard route.isLimited else { return try await route.handler(request, admitted) }
                return try await limits.run { try await route.handler(request, admitted) }
            }
        }
        return router.buildResponder()
    }
}
