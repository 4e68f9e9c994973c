package import HTTPTypes
package import Hummingbird

/// The routes of one listener, collected before it starts.
package struct WebRouter: Sendable {
    package typealias Handler = @Sendable (Request, WebRequestContext) async throws -> Response

    private var table = RouteTable()
    private var routes: [Route] = []
    /// Paths that bound their bodies and word their refusals themselves.
    private(set) var owned: [OwnedPaths] = []

    private struct Route: Sendable {
        let method: HTTPRequest.Method
        let path: String
        let scope: Scope
        let query: RouteQuery
        let effect: RouteEffect
        let isLimited: Bool
        let isCostly: Bool
        let refusesItself: Bool
        let objectsItself: Bool
        let content: RequestContent
        let handler: Handler
    }

    package init() {}

    /// Adds a route.
    ///
    /// `path` begins with `/`; a segment `{name}` is a parameter. GET answers HEAD as well. A caller without `scope` is
    /// refused with a problem; a route that `refusesItself` is called all the same, and has to look at the context's
    /// ``WebRequestContext/refusal``. A request whose query is not of `query`, or that asks what a route of this
    /// `effect` does not do, is refused with a problem, too; a route that `objectsItself` has to look at the context's
    /// ``WebRequestContext/objection``. A costly route is at work off the event loop, and few requests for such at
    /// once. A body that is taken as `content` is whole when the route is called.
    package mutating func on(
        _ method: HTTPRequest.Method,
        _ path: String,
        scope: Scope,
        query: RouteQuery,
        effect: RouteEffect,
        isLimited: Bool = true,
        isCostly: Bool = false,
        refusesItself: Bool = false,
        objectsItself: Bool = false,
        content: RequestContent = .none,
        use handler: @escaping Handler
    ) {
        precondition(!isLimited || content != .streamed, "a place would be held while a client sends as it likes")
        self.table.add(method, path)
        self.routes.append(
            Route(
                method: method,
                path: path,
                scope: scope,
                query: query,
                effect: effect,
                isLimited: isLimited,
                isCostly: isCostly,
                refusesItself: refusesItself,
                objectsItself: objectsItself,
                content: content,
                handler: handler
            )
        )
    }

    /// Leaves the length of bodies at these paths, and the words of refusals, to whoever owns them.
    package mutating func own(_ paths: OwnedPaths) { self.owned.append(paths) }

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
            concurrentLimit: configuration.concurrentRequestLimit,
            costlyLimit: configuration.costlyRequestLimit
        )
        let packing = PackedAnswer(threshold: configuration.packingThreshold)
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
                do throws(Problem) {
                    context.query = try route.query.read(request.uri.string)
                    try route.effect.judge(request.headers)
                } catch {
                    guard route.objectsItself else { throw error }
                    context.objection = error
                }
                let admitted = context
                let whole = try await route.content.collected(request)
                let response =
                    if !route.isLimited {
                        try await route.handler(whole, admitted)
                    } else if route.isCostly {
                        try await limits.runCostly { try await route.handler(whole, admitted) }
                    } else {
                        try await limits.run { try await route.handler(whole, admitted) }
                    }
                // A protocol that refuses by itself packs by itself as well.
                return route.refusesItself ? response : try await packing.packed(response, for: request.headers)
            }
        }
        return router.buildResponder()
    }
}
