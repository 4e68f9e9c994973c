import Coordination
import HTTPTypes
import Hummingbird
package import Outbound
import Redis
package import Web

/// Unique counting over HTTP: `/api/verve/accept` and `/api/uniques`.
package struct UniquesRoutes: Sendable {
    private let lanes: AcceptLanes
    private let callbacks: CallbackService
    private let counts: UniquesCounts
    private let policy: EndpointPolicy

    package init(lanes: AcceptLanes, callbacks: CallbackService, counts: UniquesCounts, policy: EndpointPolicy) {
        self.lanes = lanes
        self.callbacks = callbacks
        self.counts = counts
        self.policy = policy
    }

    package func add(to router: inout WebRouter) {
        // Its lanes have a limit and a deadline of their own, and answer in plain text when they are reached.
        router.on(
            .get,
            AcceptAnswer.path,
            scope: AcceptLanes.scope,
            query: .named(["id", "endpoint"]),
            effect: .changes(),
            isLimited: false,
            objectsItself: true
        ) { _, context in try await self.accept(context) }
        router.on(
            .get,
            "/api/uniques",
            scope: .read("uniques"),
            query: .named(["from", "to"]),
            effect: .reads
        ) { _, context in try await self.list(context.query) }
    }

    /// The same answers as the hot route, for every request that is not plain: its errors are plain text, too.
    private func accept(_ context: WebRequestContext) async throws -> Response {
        if let objection = context.objection {
            self.lanes.countInvalid()
            return Self.answer(objection.status, "failed")
        }
        guard let (id, endpoint) = self.parameters(context.query) else {
            self.lanes.countInvalid()
            return Self.answer(.badRequest, "failed")
        }
        switch try await self.lanes.accept(id) {
        case .failed: return Self.answer(.serviceUnavailable, "failed", [.retryAfter: "1"])
        case .taken(let isNew, let window):
            if let endpoint { self.callbacks.ask(endpoint, traceparent: context.traceparent) }
            return Self.answer(.ok, "ok", [.unique: isNew ? "1" : "0", .uniqueMinute: window.rfc3339])
        }
    }

    private func parameters(_ query: QueryParameters) -> (id: Int64, endpoint: Endpoint?)? {
        guard let id = query["id"].flatMap({ AcceptID.parse($0[...]) }) else { return nil }
        guard let text = query["endpoint"] else { return (id, nil) }
        guard let endpoint = try? Endpoint(untrusted: text, policy: self.policy) else { return nil }
        return (id, endpoint)
    }

    private static func answer(_ status: HTTPResponse.Status, _ text: String, _ fields: HTTPFields = [:]) -> Response {
        var fields = fields
        fields[.cacheControl] = "no-store"
        return Response(status: status, text: text, fields: fields)
    }

    private func list(_ query: QueryParameters) async throws -> Response {
        let page = try await self.counts.page(
            from: Self.time(query["from"], rounding: .later),
            to: Self.time(query["to"], rounding: .earlier)
        )
        return Response(json: page.json)
    }

    private static func time(_ text: String?, rounding: ServerTime.Rounding) throws(Problem) -> ServerTime? {
        guard let text else { return nil }
        guard let time = ServerTime(rfc3339: text, rounding: rounding) else {
            throw .parameterInvalid("A time is written as RFC 3339 in UTC: 2026-11-21T02:15:00Z or …00.123Z.")
        }
        return time
    }
}
