import Coordination
import Hummingbird
import JSON
import Web

/// `GET /idempotency/{key}`: the records of a key, without repeating the request.
struct IdempotencyRoutes: Sendable {
    private let lookup: IdempotencyLookup
    private let clock: ServerClock

    init(_ lookup: IdempotencyLookup, clock: ServerClock) {
        self.lookup = lookup
        self.clock = clock
    }

    func add(to router: inout WebRouter) {
        router.on(.get, "/idempotency/{key}", scope: .any, query: .none, effect: .reads, isCostly: true) { _, context in
            try await self.look(context)
        }
    }

    private func look(_ context: WebRequestContext) async throws -> Response {
        let segment = context.parameters.get("key") ?? ""
        guard let text = try? QueryParameters.decoded(segment[...]), let key = IdempotencyKey(text) else {
            throw Problem.idempotencyKeyInvalid
        }
        guard let now = self.clock.now else { throw Problem.dependencyUnavailable }
        let records: [IdempotencyLookup.Record]
        do {
            records = try await self.lookup.records(caller: context.caller.name, key: key.text, at: now)
        } catch { throw Problem.dependencyUnavailable }
        return Response(json: Self.json(key, records))
    }

    private static func json(_ key: IdempotencyKey, _ records: [IdempotencyLookup.Record]) -> String {
        let requests = records.map { record in
            "{\"method\":\(JSONText.quoted(record.method)),\"path\":\(JSONText.quoted(record.path)),"
                + "\"state\":\"\(record.status == nil ? "running" : "done")\","
                + "\"status\":\(record.status.map(String.init) ?? "null"),"
                + "\"expires_at\":\"\(record.expires.rfc3339Milliseconds)\"}"
        }
        let state =
            records.isEmpty ? "unseen" : records.contains { $0.status == nil } ? "running" : "done"
        let expires = records.map(\.expires).min().map { "\"\($0.rfc3339Milliseconds)\"" } ?? "null"
        return "{\"idempotency_key\":\(JSONText.quoted(key.text)),\"state\":\"\(state)\","
            + "\"requests\":[\(requests.joined(separator: ","))],\"expires_at\":\(expires)}"
    }
}
