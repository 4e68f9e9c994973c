package import HTTPTypes
package import Hummingbird

/// The routes of one listener, collected before it starts.
package struct WebRouter: Sendable {
    package typealias Handler = @Sendable (Request, WebRequestContext) async throws -> Response

    private var table = RouteTable()
    private var routes: [(method: HTTPRequest.Method, path: String, isLimited: Bool, handler: Handler)] = []

    package init() {}

    /// Adds a route.
    ///
    /// `path` begins with `/`; a segment `{name}` is a parameter. GET answers HEAD as well.
    package mutating func on(
        _ method: HTTPRequest.Method,
        _ path: String,
        isLimited: Bool = true,
        use handler: @escaping Handler
    ) {
        self.table.add(method, path)
        self.routes.append((method, path, isLimited, handler))
    }

    /// The responder with all that every route has in common: names, problems, limits, 404 and 405.
    package func makeResponder(
        observer: RequestObserver,
        configuration: WebConfiguration
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
                guard route.isLimited else { return try await route.handler(request, context) }
                return try await limits.run { try await route.handler(request, context) }
            }
        }
        return router.buildResponder()
    }
}
