import HTTPTypes
package import Hummingbird

/// Answers 404 for a path that no route has, and 405 with `Allow` for a method that its path has not.
package struct RouteTableMiddleware: RouterMiddleware {
    private let table: RouteTable

    package init(_ table: RouteTable) {
        self.table = table
    }

    package func handle(
        _ request: Request,
        context: WebRequestContext,
        next: @concurrent (Request, WebRequestContext) async throws -> Response
    ) async throws -> Response {
        let methods = self.table.methods(for: request.uri.path)
        if methods.isEmpty { throw Problem.notFound }
        guard methods.contains(request.method) else {
            throw Problem.methodNotAllowed(allow: methods.map(\.rawValue))
        }
        return try await next(request, context)
    }
}
