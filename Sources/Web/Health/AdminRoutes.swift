import HTTPTypes
import Hummingbird

/// The routes for operators and orchestrators, on a port of its own: `/livez`, `/readyz`, `/metrics`, `/version`.
package struct AdminRoutes: Sendable {
    private let checks: [ReadinessCheck]
    private let version: String
    private let metrics: @Sendable () -> String

    /// `version` is the JSON text of `/version`; `metrics` renders Prometheus text.
    package init(checks: [ReadinessCheck], version: String, metrics: @escaping @Sendable () -> String) {
        self.checks = checks
        self.version = version
        self.metrics = metrics
    }

    package func add(to router: inout WebRouter) {
        // The process only: a dependency that is away is no reason to be restarted.
        for path in ["/livez", "/healthz"] {
            router.on(.get, path, scope: .open, query: .none, effect: .reads) { _, _ in Response(text: "ok\n") }
        }
        router.on(.get, "/readyz", scope: .open, query: .named(["verbose"]), effect: .reads) { _, context in
            let report = ReadinessReport(self.checks)
            let isVerbose = context.query["verbose"] != nil
            let text = isVerbose || !report.isReady ? report.text : "ok\n"
            return Response(
                status: report.isReady ? .ok : .serviceUnavailable,
                text: text,
                fields: [.cacheControl: "no-store"]
            )
        }
        router.on(.get, "/metrics", scope: .open, query: .none, effect: .reads) { _, _ in
            Response(text: self.metrics(), fields: [.contentType: "text/plain; version=0.0.4; charset=utf-8"])
        }
        router.on(.get, "/version", scope: .open, query: .none, effect: .reads) { _, _ in
            Response(json: self.version)
        }
    }
}
